import { defaultModel, EmbeddingGemmaError } from "@embeddinggemma/core";
import { tiny } from "../../model/model-options.ts";
import { openEmbedder } from "../../model/open-embedder.ts";
import { howToReplace, wrongVectors } from "../../models/how-to-replace.ts";
import { findPackage, ownFolder } from "../application.ts";
import { cachedRevision } from "../chosen-model.ts";
import { type Finding, fine, problem, type Surroundings, untried } from "../finding.ts";

/** Loads the model, compares its vectors with known ones, and embeds a text. */
export async function checkModel(surroundings: Surroundings): Promise<Finding> {
  const { flags, cache, hasModel, isModelGiven, problems, terminal } = surroundings;
  if (problems.has("runtime") && needsRuntime(surroundings))
    return untried("model: not tried, since ONNX Runtime does not work");
  // Without a wish, what is there is good enough: this command downloads nothing unasked.
  const wanted = flags.model ?? defaultModel;
  const isInstead = !isModelGiven && !hasModel;
  const model = isInstead ? tiny : wanted;
  const choice = {
    ...flags,
    ...(!isModelGiven && cachedRevision(model, flags, cache)),
    ...(flags.url === undefined && { model }),
    offline: flags.offline || !isModelGiven,
  };
  const start = performance.now();
  await using embedder = await openEmbedder(choice, terminal).catch((error: unknown) => {
    if (isModelGiven || flags.offline || !isOffline(error)) throw error;
    return null;
  });
  if (!embedder)
    return untried(`model: not tried, since ${wanted} is not in the cache with these flags`);
  const loaded = performance.now();
  const report = await embedder.selfCheck();
  await embedder.encodeQuery("a first text, after which everything is warm");
  const warm = performance.now();
  await embedder.encodeQuery("Which planet is known as the Red Planet?");
  const end = performance.now();

  const instead = isInstead ? `, since ${wanted} is not in the cache` : "";
  const name = `model: ${model === tiny ? "the tiny model" : embedder.model}${instead}`;
  if (report && !report.passed) {
    const isCached = flags.url === undefined && cache?.models.some(({ id }) => id === model);
    const advice = isCached ? ` ${howToReplace(model, flags)}` : "";
    return problem(
      `${name}: wrong vectors`,
      `${wrongVectors}${advice} Or try another --dtype or --device.`,
    );
  }
  const correct = report ? "correct vectors" : "no known vectors to compare with";
  const load = `loaded in ${((loaded - start) / 1000).toFixed(1)} s`;
  return fine(`${name}: ${embedder.dtype}, ${correct}, ${load}, a query in ${ms(end - warm)}`);
}

/** Whether a file is not in the cache, which a load without this command would download. */
function isOffline(error: unknown): boolean {
  return EmbeddingGemmaError.isInstance(error) && error.details.offline === true;
}

/** Whether it is the runtime of this program that was checked, and the model runs on it. */
function needsRuntime({ application, flags }: Surroundings): boolean {
  const own = findPackage("@embeddinggemma/core", ownFolder);
  return flags.url === undefined && application.cores[0]?.path === own?.path;
}

function ms(milliseconds: number): string {
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
}
