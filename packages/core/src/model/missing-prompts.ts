import { show } from "../errors.ts";
import type { ModelFolder } from "../files/model-folder.ts";
import { warnOnce } from "../warn-once.ts";
import { sentenceConfigName } from "./sentence-config.ts";

/** Warns, once per model, that it is used without the prompts that it was trained with. */
export function warnOfMissingPrompts(model: string, folder: Pick<ModelFolder, "whyMissing">): void {
  const answer = folder.whyMissing?.(sentenceConfigName) ?? "";
  const message =
    `${show(model)} has no ${sentenceConfigName}, so its texts are embedded without ` +
    "prompts. Models of its architecture are trained with prompts: without them, scores are " +
    "worse. Copy the file from the original repository, or set the option `prompts`, to {} if " +
    "there are none.";
  warnOnce(model, `${message} ${answer}`.trimEnd(), "EMBEDDINGGEMMA_NO_PROMPTS");
}
