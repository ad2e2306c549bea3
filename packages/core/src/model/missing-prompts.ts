import { warn } from "#platform";
import { show } from "../errors.ts";
import type { ModelFolder } from "../files/model-folder.ts";
import type { ModelDescription } from "./description.ts";
import { sentenceConfigName } from "./sentence-config.ts";

/** Models for which {@link warnOfMissingPrompts} has warned. */
const warned = new Set<string>();

/** Warns, once per model, that it is used without the prompts that it was trained with. */
export function warnOfMissingPrompts(
  model: string,
  folder: Pick<ModelFolder, "whyMissing">,
  { lacksPrompts = false }: Pick<ModelDescription, "lacksPrompts">,
): void {
  if (!lacksPrompts || warned.has(model)) return;
  warned.add(model);
  const answer = folder.whyMissing?.(sentenceConfigName) ?? "";
  const message =
    `${show(model)} has no config_sentence_transformers.json, so its texts are embedded without ` +
    "prompts. Models of its architecture are trained with prompts: without them, scores are " +
    "worse. Copy the file from the original repository, or set the option `prompts`, to {} if " +
    "there are none.";
  warn(`${message} ${answer}`.trimEnd(), "EMBEDDINGGEMMA_NO_PROMPTS");
}
