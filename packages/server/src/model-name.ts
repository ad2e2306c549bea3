import type { Embedder } from "@embeddinggemma/core";
import { RequestError } from "./http/request-error.ts";
import { noPromptNamed } from "./prompt.ts";

/**
 * The prompt that a model name asks for, such as `name:query` or `name:document`: clients that
 * cannot send a prompt can send a name. The part before ":" can be anything, as in TEI. The part
 * after it is the name of a prompt, or a tag as models of Ollama have them; any other one is
 * probably a misspelt prompt.
 *
 * @returns name of the prompt; null for none
 * @throws RequestError
 */
export function promptNameOf(
  model: string | null | undefined,
  { prompts }: Pick<Embedder, "prompts">,
  servedModelName: string,
): string | null {
  if (!model || model === servedModelName) return null;
  const [, suffix] = /:([^:/\\]*)$/.exec(model) ?? [];
  if (suffix === undefined) return null;
  if (Object.hasOwn(prompts, suffix)) return suffix;
  if (ollamaTag.test(suffix)) return null;
  throw new RequestError(
    "Validation",
    `The model \`${model}\` does not exist: the part after ":" is the name of a prompt, or a tag ` +
      `such as latest or 300m. ${noPromptNamed(suffix, { prompts })}`,
    { status: 404, param: "model" },
  );
}

/** `latest`, a number of parameters such as `300m-qat-q8_0`, or a version such as `v1.5`. */
const ollamaTag = /^(latest|v?\d[\w.-]*)$/i;
