import type { Embedder } from "@embeddinggemma/core";
import { nearestOption } from "@embeddinggemma/internal";
import { RequestError } from "./http/request-error.ts";

/**
 * The prompt with a name.
 *
 * @throws RequestError if the model has none with that name
 */
export function promptNamed({ prompts }: Pick<Embedder, "prompts">, name: string): string {
  if (Object.hasOwn(prompts, name)) return prompts[name]!;
  throw new RequestError(
    "Validation",
    `Input validation error: \`prompt_name\`: ${noPromptNamed(name, { prompts })}`,
    { param: "prompt_name" },
  );
}

/** What to say of a prompt that the model does not have. */
export function noPromptNamed(name: string, { prompts }: Pick<Embedder, "prompts">): string {
  const names = Object.keys(prompts);
  const nearest = nearestOption(name, names);
  const advice = nearest === undefined ? "" : ` Did you mean "${nearest}"?`;
  return `The model has no prompt named "${name}". Its prompts are ${names.join(", ")}.${advice}`;
}
