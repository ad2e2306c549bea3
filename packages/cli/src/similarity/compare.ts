import { noteFileNames } from "../documents/note-file-names.ts";
import { type Item, readItems } from "../embedding/read-items.ts";
import { CutTexts } from "../model/cut-texts.ts";
import type { ModelFlags } from "../model/model-options.ts";
import { openEmbedder } from "../model/open-embedder.ts";
import { refuseTwice, textOrInput } from "../terminal/read-input.ts";
import { note, print, type Terminal } from "../terminal/terminal.ts";

export interface SimilarityFlags extends ModelFlags {
  promptName?: string;
  json?: boolean;
}

/**
 * Prints the similarity of a text with others, best first. `-` stands for standard input: all of it
 * as the text, and its lines among the others, without empty ones.
 */
export async function compare(
  text: string,
  others: readonly string[],
  { promptName: chosen, json, ...model }: SimilarityFlags,
  terminal: Terminal,
): Promise<void> {
  const { signal } = terminal;
  const advice = (name: string) => `To compare what it says: "$(cat ${name})"`;
  await noteFileNames([text, ...others], advice, terminal);
  const items = await readTexts(text, others, terminal);
  const [, ...rest] = items;
  if (rest.length === 0) {
    note(terminal, "There was no text to compare it with.");
    if (json) print(terminal, "[]");
    return;
  }
  const cutTexts = new CutTexts((index) => items[index]?.place);
  await using embedder = await openEmbedder(
    { ...model, adapter: model.adapter ?? false },
    terminal,
    cutTexts,
  );
  const promptName = chosen ?? (Object.hasOwn(embedder.prompts, "STS") ? "STS" : undefined);
  const texts = items.map((item) => item.text);
  const [vector, ...vectors] = await embedder.encode(texts, { promptName, signal });
  cutTexts.note(texts.length, terminal);
  const [scores] = embedder.similarity([vector!], vectors);
  const ranked = rest
    .map((other, index) => ({ text: other.text, score: scores![index]! }))
    .sort((a, b) => b.score - a.score);
  if (json) return print(terminal, JSON.stringify(ranked));
  for (const { text, score } of ranked) print(terminal, `${score.toFixed(4)}  ${text}`);
}

async function readTexts(
  text: string,
  others: readonly string[],
  terminal: Terminal,
): Promise<Item[]> {
  refuseTwice([text, ...others]);
  const first = await textOrInput(text, "the text to compare", terminal);
  const items: Item[] = [{ text: first, place: "text 1" }];
  const source = { inputFormat: "lines", firstNumber: 2 } as const;
  for await (const item of readItems(others, source, terminal))
    if (item.text.trim() !== "") items.push(item);
  return items;
}
