import { join } from "node:path";
import { modelPath } from "@embeddinggemma/tiny-model";
import { findPackage, type Package } from "../application.ts";
import { type Finding, fine, problem, type Surroundings } from "../finding.ts";
import { runNode } from "../run-node.ts";

/** Embeds a text with the tiny model, as the application would. */
const script = `
  const [, core, model] = process.argv;
  require(core).Embedder.load(model)
    .then((embedder) => embedder.encodeQuery("Does it work?"))
    .then(() => process.exit(0), (error) => {
      console.error("Error: " + error.message.replaceAll("\\n", " "));
      process.exit(1);
    });
`;

/** Transformers.js and ONNX Runtime of the application, and whether they load. */
export async function checkRuntime({ application, terminal }: Surroundings): Promise<Finding> {
  const [core] = application.cores;
  if (!core) return problem("@embeddinggemma/core is not installed", "Run `npm install` again.");
  const { transformers, runtime } = findRuntime(core);
  if (transformers && !runtime) {
    return problem(
      `onnxruntime-node is not installed, which ${transformers.name} ${transformers.version} needs`,
      "Its install script may have failed. Run `export ONNXRUNTIME_NODE_INSTALL_CUDA=skip`, then " +
        `install again: ${docs}/start/install.md#install-scripts`,
    );
  }
  const names = [transformers, runtime].flatMap((one) => (one ? `${one.name} ${one.version}` : []));
  const entry = join(core.path, core.main);
  const outcome = await runNode(script, [entry, modelPath], terminal.signal);
  if ("output" in outcome) return fine(`${names.join(", ")}: they load`);
  return problem(
    `${names.join(", ") || "Transformers.js"} cannot embed: ${outcome.failure}`,
    `${docs}/reference/errors.md#load_failed lists such messages, with what to do.`,
  );
}

const docs = "https://github.com/embeddinggemma-js/embeddinggemma-js/blob/main/docs";

/** The packages that a copy of core uses. */
export function findRuntime(core: Package): {
  transformers: Package | undefined;
  runtime: Package | undefined;
} {
  const transformers = findPackage("@huggingface/transformers", core.path);
  const runtime = transformers && findPackage("onnxruntime-node", transformers.path);
  return { transformers, runtime };
}
