import { checkHub, defaultModel, EmbeddingGemmaError } from "@embeddinggemma/core";
import { explainFailure } from "../../failures/explain-failure.ts";
import { isRepositoryId } from "../chosen-model.ts";
import { type Finding, fine, problem, type Surroundings, warning } from "../finding.ts";

/** A Hub that has not answered by then is slow at best. */
const timeLimitMs = 3_000;

/** Whether the Hub, or the mirror, answers and accepts the token. */
export async function checkHubAccess(surroundings: Surroundings): Promise<Finding> {
  const { flags, hasModel, terminal } = surroundings;
  const model = isRepositoryId(flags.model) ? flags.model : defaultModel;
  const { revision, offline: localFilesOnly } = flags;
  const signal = AbortSignal.any([terminal.signal, AbortSignal.timeout(timeLimitMs)]);
  try {
    const { endpoint, token, commit } = await checkHub(model, { revision, localFilesOnly, signal });
    if (commit === null) return fine("Hub: not asked, since downloads are disabled");
    return fine(`Hub: ${endpoint} answers${token ? ", and accepts the token" : ""}`);
  } catch (error) {
    terminal.signal.throwIfAborted();
    const { details } = Object(error) as Partial<EmbeddingGemmaError>;
    const isRefused = details?.status === 401 || details?.status === 403;
    const { reason, advice = "" } = EmbeddingGemmaError.isInstance(error)
      ? explainFailure(error)
      : tooLate;
    const summary = `Hub: ${reason}`;
    // A token that is refused fails the load of a branch, even if it is in the cache.
    if (hasModel && !isRefused) return warning(summary, adviceOnProxy("What is here, loads."));
    return problem(summary, adviceOnProxy(advice, "Or take the tiny model: --model tiny."));
  }
}

const tooLate = {
  reason: `no answer within ${timeLimitMs / 1000} seconds`,
  advice: "Check the network.",
};

/** `fetch` of Node.js ignores these variables unless it is told. */
function adviceOnProxy(...others: string[]): string {
  const { HTTPS_PROXY, https_proxy, NODE_USE_ENV_PROXY } = process.env;
  const isUnused = Boolean(HTTPS_PROXY || https_proxy) && NODE_USE_ENV_PROXY !== "1";
  const advice = "HTTPS_PROXY needs NODE_USE_ENV_PROXY=1 (Node.js 22.21, 24 or later).";
  return [isUnused ? advice : "", ...others].filter(Boolean).join(" ");
}
