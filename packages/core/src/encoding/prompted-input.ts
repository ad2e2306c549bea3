import { checkText, invalidArgument, isRecord } from "../check.ts";
import type { Tokenizer } from "../runtime/backend.ts";
import {
  checkDocument,
  type DocumentInput,
  documentParts,
  type ModelInput,
  type PromptedText,
  type TokenInput,
} from "./prompts.ts";

/**
 * Checks an item of the input and adds the prompt.
 *
 * @param index - its position in the input, if that has several
 */
export type Prepare<T> = (prompt: string, item: T, index?: number) => ModelInput;

export function promptedText(prompt: string, text: string, index?: number): PromptedText {
  const hint = isRecord(text) && "text" in text ? "Documents are for encodeDocument." : undefined;
  return { prompt, text: checkText(text, index === undefined ? undefined : `Text ${index}`, hint) };
}

export function promptedDocument(
  prompt: string,
  document: DocumentInput,
  index?: number,
): PromptedText {
  const name = index === undefined ? undefined : `Document ${index}`;
  return documentParts(prompt, checkDocument(document, name));
}

/**
 * Checks token ids. They get no prompt. The model would fail on ids that it does not know, and with
 * it other texts of the same batch.
 */
export function tokenInputOf(tokenizer: Pick<Tokenizer, "has">): Prepare<readonly number[]> {
  return (_prompt, ids, index): TokenInput => {
    const name = index === undefined ? "ids" : `ids[${index}]`;
    const areIds = Array.isArray(ids) && ids.length > 0 && ids.every(isTokenId);
    if (!areIds)
      throw invalidArgument(name, ids, "an array of at least one token id, a whole number from 0");
    const unknown = ids.findIndex((id) => tokenizer.has?.(id) === false);
    if (unknown === -1) return { ids };
    throw invalidArgument(`${name}[${unknown}]`, ids[unknown], "an id of the model's vocabulary");
  };
}

function isTokenId(id: unknown): boolean {
  return Number.isInteger(id) && (id as number) >= 0;
}
