import { checkText, isRecord } from "../check.ts";
import { checkDocument, type DocumentInput, documentParts, type PromptedText } from "./prompts.ts";

/**
 * Checks an item of the input and adds the prompt.
 *
 * @param index - its position in the input, if that has several
 */
export type Prepare<T> = (prompt: string, item: T, index?: number) => PromptedText;

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
