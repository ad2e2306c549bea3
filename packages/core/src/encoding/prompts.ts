import { EmbeddingGemmaError, show } from "../errors.ts";
import type { ModelDescription } from "../model/description.ts";

/** A document to embed: its text, or its text and title. */
export type DocumentInput = string | { readonly title?: string | undefined; readonly text: string };

/** A text and the prompt before it. */
export interface PromptedText {
  readonly prompt: string;
  readonly text: string;
}

/** The name of a prompt; those of EmbeddingGemma are listed, other models have their own. */
export type PromptName =
  | "query"
  | "document"
  | "BitextMining"
  | "Classification"
  | "Clustering"
  | "CodeRetrieval"
  | "FactChecking"
  | "InstructionRetrieval"
  | "MultilabelClassification"
  | "PairClassification"
  | "QuestionAnswering"
  | "Reranking"
  | "Retrieval-document"
  | "Retrieval-query"
  | "SentenceSimilarity"
  | "STS"
  | "Summarization"
  | (string & {});

/** The prompt of a call. */
export interface PromptOptions {
  /**
   * The name of one of the model's prompts, such as `"STS"`. EmbeddingGemma's names also work with
   * a model that has the same prompt under another name: `"Retrieval-document"` is the prompt
   * `document` of any model.
   */
  promptName?: PromptName | undefined;
  /**
   * A prompt of your own, put before every text as it is; `""` embeds the texts without a prompt.
   * Takes precedence over `promptName`.
   */
  prompt?: string | undefined;
}

/**
 * The prompt text of a call, in Sentence Transformers' order: `prompt`, `promptName`, the model's
 * default prompt, none.
 *
 * @throws `UNKNOWN_PROMPT` for a name that the model does not have.
 */
export function promptOf(
  description: ModelDescription,
  { promptName, prompt }: PromptOptions,
): string {
  if (prompt !== undefined) return prompt;
  const name = promptName ?? description.defaultPromptName;
  if (name === null) return "";
  const known = [name, ...(equivalentNames.get(name) ?? [])].find((own) =>
    Object.hasOwn(description.prompts, own),
  );
  if (known !== undefined) return description.prompts[known]!;
  const promptNames = Object.keys(description.prompts);
  throw new EmbeddingGemmaError(
    "UNKNOWN_PROMPT",
    `The model has no prompt named ${show(name)}. Its prompts are ${promptNames.join(", ")}. ` +
      "For any other prompt, use the option `prompt`.",
    { promptName: name, promptNames },
  );
}

/**
 * Names for one prompt in the tables of EmbeddingGemma 300m and 2, which follow the task types of
 * MTEB.
 *
 * @see https://huggingface.co/blog/embeddinggemma
 */
const equivalentNames: ReadonlyMap<string, readonly string[]> = new Map([
  ["Retrieval", ["query"]],
  ["Retrieval-query", ["query"]],
  ["SearchQuery", ["query"]],
  ["Reranking", ["query"]],
  ["Retrieval-document", ["document"]],
  ["Document", ["document"]],
  ["STS", ["SentenceSimilarity"]],
  ["SentenceSimilarity", ["STS"]],
  ["PairClassification", ["STS", "SentenceSimilarity"]],
  ["MultilabelClassification", ["Classification"]],
  ["InstructionRetrieval", ["CodeRetrieval"]],
  ["CodeRetrieval", ["InstructionRetrieval"]],
]);

/** The slot in EmbeddingGemma's document prompt, `title: none | text: `. */
const emptyTitle = "title: none |";

/**
 * The prompt and text of a document. A title goes into the prompt's title slot where it has one;
 * the prompts of other models have none, and there it stands on a line of its own before the text.
 *
 * @see https://ai.google.dev/gemma/docs/embeddinggemma/model_card#prompt-instructions
 */
export function documentParts(prompt: string, document: DocumentInput): PromptedText {
  if (typeof document === "string") return { prompt, text: document };
  const { title, text } = document;
  if (!title) return { prompt, text };
  if (prompt.includes(emptyTitle))
    return { prompt: prompt.replace(emptyTitle, () => `title: ${title} |`), text };
  return { prompt, text: `${title}\n${text}` };
}

/** @throws `INVALID_ARGUMENT` */
export function checkDocument(document: DocumentInput): DocumentInput {
  if (typeof document === "string") return document;
  const { title, text } = (document ?? {}) as { title?: unknown; text?: unknown };
  if (
    typeof text === "string" &&
    (title === undefined || title === null || typeof title === "string")
  )
    return document;
  throw new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    `A document must be a string or { title?: string, text: string }; ${show(document)} was given.`,
    { document },
  );
}
