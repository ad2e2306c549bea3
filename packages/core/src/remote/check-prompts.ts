import { RefusedText } from "../encoding/refused-text.ts";
import { EmbeddingGemmaError, show } from "../errors.ts";
import type { RemoteClient } from "./remote-client.ts";
import type { ServerFacts } from "./server-facts.ts";
import { shownUrl } from "./shown-url.ts";

/**
 * Compares the prompts of the model's family with those that Text Embeddings Inference read from
 * its files: a fine-tuned model can have the name of its family and other prompts.
 *
 * @throws `MODEL_NOT_DESCRIBED` if they differ
 */
export async function checkPrompts(
  { baseUrl, model }: ServerFacts,
  client: RemoteClient,
  prompts: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const promptName of ["query", "document"]) {
    const served = await client
      .tokenize(["a"], { promptName, signal })
      .catch((error: unknown) => unlessRefused(error));
    // Not all models name their prompts so.
    if (served === null) continue;
    const [ours] = await client.tokenize([`${prompts[promptName]}a`], { signal });
    const idsOf = (tokens: readonly { id: number }[]) => tokens.map(({ id }) => id).join();
    if (idsOf(served[0]!) === idsOf(ours!)) continue;
    const text = served[0]!.map((token) => (token.special ? "" : token.text)).join("");
    const reason =
      `The files of ${show(model)} at ${shownUrl(baseUrl)} have another prompt ` +
      `${show(promptName)} than its family: about ${show(text.slice(0, -1))}, not ` +
      `${show(prompts[promptName])}.`;
    throw new EmbeddingGemmaError(
      "MODEL_NOT_DESCRIBED",
      `${reason} Set the option \`prompts\` to those of its config_sentence_transformers.json.`,
      { model, promptName, url: shownUrl(baseUrl), reason, option: "prompts" },
    );
  }
}

function unlessRefused(error: unknown): null {
  if (error instanceof RefusedText) return null;
  throw error;
}
