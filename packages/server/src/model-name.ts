import type { Embedder } from "@embeddinggemma/core";
import { nearestOption } from "@embeddinggemma/internal";
import { RequestError } from "./http/request-error.ts";
import { noPromptNamed } from "./prompt.ts";

/**
 * The prompt that a model name asks for, such as `name:query` or `name:document`: clients that
 * cannot send a prompt can send a name. The part before ":" can be anything, as in TEI. The part
 * after it is the name of a prompt, or a tag, which asks for no prompt. Anything else is refused
 * after a name of this model, and after any name if it looks like a misspelt prompt.
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
  const [, name, suffix] = /^(.*):([^:/\\]*)$/.exec(model) ?? [];
  if (suffix === undefined) return null;
  if (Object.hasOwn(prompts, suffix)) return suffix;
  if (tag.test(suffix)) return null;
  const isMistake = suffix === "" || nearestOption(suffix, Object.keys(prompts)) !== undefined;
  if (!isMistake && !isThisModel(name!, servedModelName)) return null;
  throw new RequestError(
    "Validation",
    `The model \`${model}\` does not exist: the part after ":" is the name of a prompt, or a tag ` +
      `such as latest or 300m. ${noPromptNamed(suffix, { prompts })}`,
    { status: 404, param: "model" },
  );
}

/** Whether a name is that of the served model, whoever owns it, or of a copy of EmbeddingGemma. */
function isThisModel(name: string, servedModelName: string): boolean {
  const last = lastPart(name);
  return last === lastPart(servedModelName) || /^embeddinggemma/i.test(last);
}

function lastPart(name: string): string {
  return /[^/\\]*$/.exec(name)![0];
}

/**
 * Tags of Ollama and of GGUF files: `latest`, a number of parameters such as `300m-qat-q8_0`, a
 * version such as `v1.5`, or a number format such as `Q8_0`, `UD-Q4_K_XL` or `BF16`.
 */
const tag = /^(latest|v?\d[\w.-]*|(ud-)?i?q\d\w*|bf16|fp?(16|32))$/i;
