import type { Embedder } from "@embeddinggemma/core";
import { nearestOption } from "@embeddinggemma/internal";
import { RequestError } from "./http/request-error.ts";

/**
 * The prompt that a model name asks for, such as `name:query` or `name:document`: clients that
 * cannot send a prompt can send a name. Any name of a model is accepted, as in TEI, but not one of
 * this model with an unknown prompt, nor one with a prompt that seems misspelt.
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
  const colon = model.lastIndexOf(":");
  if (colon < 0) return null;
  const suffix = model.slice(colon + 1);
  if (Object.hasOwn(prompts, suffix)) return suffix;
  const names = Object.keys(prompts);
  const nearest = nearestOption(suffix, names);
  const isOwn = model.slice(0, colon) === servedModelName;
  if (suffix === "latest" || (!isOwn && nearest === undefined)) return null;
  const advice = nearest === undefined ? "" : ` Did you mean "${nearest}"?`;
  throw new RequestError(
    "Validation",
    `The model \`${model}\` does not exist: the part after ":" is the name of a prompt. ` +
      `This model has ${names.join(", ")}.${advice}`,
    { status: 404, param: "model" },
  );
}
