import { isRecord, nearestOption } from "../check.ts";
import { EmbeddingGemmaError, show } from "../errors.ts";
import type { ModelDescription } from "../model/description.ts";

/** A document: a text, or a text with a title. */
export type DocumentInput = string | { readonly title?: string | undefined; readonly text: string };

/** A text and the prompt to put before it. */
export interface PromptedText {
  readonly prompt: string;
  readonly text: string;
}

/** Token ids as the model receives them, with special tokens. */
export interface TokenInput {
  readonly ids: readonly number[];
}

/** What a vector is computed from. */
export type ModelInput = PromptedText | TokenInput;

/** Different inputs have different keys. */
export function inputKey(input: ModelInput): string {
  if ("ids" in input) return `ids:${input.ids.join()}`;
  return `${input.prompt.length}:${input.prompt}${input.text}`;
}

/** Name of a prompt. The list has the names of EmbeddingGemma; other models have their own. */
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

/** Which prompt a call uses. */
export interface PromptOptions {
  /**
   * Name of one of the model's prompts, such as `"STS"`. EmbeddingGemma's names also work for
   * models that have the same prompt under another name: `"Retrieval-document"` is the prompt
   * `document` of any model.
   */
  promptName?: PromptName | undefined;
  /**
   * Your own prompt, put before every text as it is. With `""`, texts get no prompt. Takes
   * precedence over `promptName`.
   */
  prompt?: string | undefined;
}

/**
 * The text of the prompt of a call: `prompt`, else `promptName`, else the model's default prompt,
 * else none. Sentence Transformers has the same order.
 *
 * @throws `UNKNOWN_PROMPT` if the model has no prompt with that name
 */
export function choosePrompt(
  description: ModelDescription,
  { promptName, prompt }: PromptOptions,
): string {
  if (prompt !== undefined) return prompt;
  const name = promptName ?? description.defaultPromptName;
  if (name === null) return "";
  const known = [name, ...(equivalentNames.get(name) ?? [])].find((candidate) =>
    Object.hasOwn(description.prompts, candidate),
  );
  if (known !== undefined) return description.prompts[known]!;
  const promptNames = Object.keys(description.prompts);
  const has = `Its prompts are ${promptNames.join(", ")}.`;
  const reason = `The model has no prompt named ${show(name)}. ${has}`;
  throw new EmbeddingGemmaError(
    "UNKNOWN_PROMPT",
    `${reason} For any other prompt, pass its text as \`prompt\`.`,
    { promptName: name, promptNames, reason },
  );
}

/**
 * Other names of the same prompt. EmbeddingGemma 300m and EmbeddingGemma 2 name their prompts after
 * the task types of MTEB, but differently.
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

/**
 * The side of texts with a prompt, where the method does not say it: that of queries if it is the
 * model's prompt `query`, whatever its name.
 */
export function sideOfPrompt(
  { prompts }: Pick<ModelDescription, "prompts">,
  prompt: string,
): "query" | "document" {
  const isQuery = prompt !== "" && Object.hasOwn(prompts, "query") && prompt === prompts.query;
  return isQuery ? "query" : "document";
}

/** The part of EmbeddingGemma's document prompt, `title: none | text: `, that a title replaces. */
const emptyTitle = "title: none |";

/**
 * The prompt and text of a document. If the prompt has a place for a title, as in EmbeddingGemma,
 * the title goes there. Otherwise it becomes the first line of the text. A blank title counts as
 * none.
 *
 * @see https://ai.google.dev/gemma/docs/embeddinggemma/model_card#prompt-instructions
 */
export function documentParts(prompt: string, document: DocumentInput): PromptedText {
  if (typeof document === "string") return { prompt, text: document };
  const { text } = document;
  const title = document.title?.trim() ? document.title : undefined;
  if (title === undefined) return { prompt, text };
  if (prompt.includes(emptyTitle))
    return { prompt: prompt.replace(emptyTitle, () => `title: ${title} |`), text };
  return { prompt, text: `${title}\n${text}` };
}

/**
 * @param name - which document, in error messages
 * @throws `INVALID_ARGUMENT`
 */
export function checkDocument(document: DocumentInput, name = "A document"): DocumentInput {
  if (typeof document === "string") return document;
  refuseUnknownFields(document, name);
  const { title, text } = (document ?? {}) as { title?: unknown; text?: unknown };
  if (
    typeof text === "string" &&
    (title === undefined || title === null || typeof title === "string")
  )
    return document;
  throw new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    `${name} must be a string or { title?: string, text: string }; ${show(document)} was given.`,
    { document },
  );
}

const documentFields = ["title", "text"];

/** Such as a misspelled title, which would be left out. */
function refuseUnknownFields(document: unknown, name: string): void {
  if (!isRecord(document) || Array.isArray(document)) return;
  for (const [field, value] of Object.entries(document)) {
    if (value === undefined || documentFields.includes(field)) continue;
    const nearest = nearestOption(field, documentFields);
    const advice =
      nearest === undefined
        ? "Only its `title` and `text` are embedded: pass { title, text }."
        : `Did you mean \`${nearest}\`?`;
    throw new EmbeddingGemmaError(
      "INVALID_ARGUMENT",
      `${name} has the unknown field \`${field}\`. ${advice}`,
      { document, field, nearest },
    );
  }
}
