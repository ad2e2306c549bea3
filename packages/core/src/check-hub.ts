import { openHub } from "#platform";
import { checkOptions, type Rules, rules } from "./check.ts";
import type { HubReport } from "./files/hub/ask-hub.ts";
import type { HubOptions } from "./files/model-folder.ts";
import { defaultModel } from "./lazy-embedder.ts";

/** Options of `Embedder.load` that say how the Hub is asked. */
export type CheckHubOptions = Pick<
  HubOptions,
  "revision" | "token" | "endpoint" | "localFilesOnly" | "signal"
>;

const optionRules: Rules<CheckHubOptions> = {
  revision: rules.text,
  token: rules.text,
  endpoint: rules.text,
  localFilesOnly: rules.flag,
  signal: rules.signal,
};

/**
 * Asks the Hub for a model once, without a download: whether the Hub can be reached, has the model,
 * and knows the token, if there is one. Uses the same options and environment variables as
 * `Embedder.load`.
 *
 * @example
 * await checkHub("onnx-community/embeddinggemma-300m-ONNX", { signal: AbortSignal.timeout(5000) });
 *
 * @param model - id of the repository. The default is {@link defaultModel}
 * @throws `DOWNLOAD_FAILED` if the Hub cannot be reached or fails; `MODEL_NOT_FOUND` if it does not
 * have the model or refuses the token; `INVALID_ARGUMENT` for an `endpoint` that is no URL, and in
 * browsers; the reason of `signal` if it is aborted
 */
export async function checkHub(
  model: string = defaultModel,
  options: CheckHubOptions = {},
): Promise<HubReport> {
  checkOptions({ model }, { model: rules.text });
  checkOptions(options, optionRules);
  return (await openHub()).askHub(model, options);
}
