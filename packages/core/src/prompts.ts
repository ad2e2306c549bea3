import { EmbeddingGemmaError, show } from "./errors.ts";
import type { ModelDescription } from "./model-description.ts";

/** A document to embed: its text, or its text and title. */
export type DocumentInput = string | { readonly title?: string | undefined; readonly text: string };

/** A text and the prompt before it. */
export interface PromptedText {
  readonly prompt: string;
  readonly text: string;
}

export interface PromptOptions {
  /** The name of one of the model's prompts, such as `"STS"`. */
  promptName?: string;
  /** A prompt to put before every text, as it is; `""` embeds the texts verbatim. Comes before `promptName`. */
  prompt?: string;
}

/**
 * The prompt text of a call, in Sentence Transformers' order: `prompt`, `promptName`, the model's default prompt, none.
 *
 * @throws `UNKNOWN_PROMPT` for a name that the model does not have.
 */
export function promptOf(description: ModelDescription, { promptName, prompt }: PromptOptions): string {
  if (prompt !== undefined) {
    if (typeof prompt === "string") return prompt;
    throw new EmbeddingGemmaError("INVALID_OPTION", `prompt must be a string; ${show(prompt)} was given.`, { prompt });
  }
  const name = promptName ?? description.defaultPromptName;
  if (name === null) return "";
  const text = Object.hasOwn(description.prompts, name) ? description.prompts[name] : undefined;
  if (text !== undefined) return text;
  const promptNames = Object.keys(description.prompts);
  throw new EmbeddingGemmaError(
    "UNKNOWN_PROMPT",
    `The model has no prompt named ${show(name)}. Its prompts are ${promptNames.join(", ")}; for any other text use the option \`prompt\`.`,
    { promptName: name, promptNames },
  );
}

/** The slot in EmbeddingGemma's document prompt, `title: none | text: `. */
const emptyTitle = "title: none |";

/**
 * The prompt and text of a document. A title goes into the prompt's title slot where it has one; the prompts of
 * other models have none, and there it stands on a line of its own before the text.
 *
 * @see https://ai.google.dev/gemma/docs/embeddinggemma/model_card#prompt-instructions
 */
export function documentParts(prompt: string, document: DocumentInput): PromptedText {
  if (typeof document === "string") return { prompt, text: document };
  const { title, text } = document;
  if (!title) return { prompt, text };
  if (prompt.includes(emptyTitle)) return { prompt: prompt.replace(emptyTitle, () => `title: ${title} |`), text };
  return { prompt, text: `${title}\n${text}` };
}
