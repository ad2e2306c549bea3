import type { Embedder } from "@embeddinggemma/core";
import { RequestError } from "./http/request-error.ts";

/**
 * The prompt with a name.
 *
 * @throws RequestError if the model has none with that name, as in TEI
 */
export function promptNamed({ prompts }: Pick<Embedder, "prompts">, name: string): string {
  if (Object.hasOwn(prompts, name)) return prompts[name]!;
  const names = JSON.stringify(Object.keys(prompts));
  throw new RequestError(
    "Validation",
    `Input validation error: \`default-prompt-name\` is set to \`${name}\` but it was not found ` +
      `in the Sentence Transformers prompts. Available prompts: ${names}`,
    { param: "prompt_name" },
  );
}
