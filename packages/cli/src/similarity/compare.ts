import { noteFileNames } from "../documents/note-file-names.ts";
import { readItems } from "../embedding/read-items.ts";
import { CutTexts } from "../model/cut-texts.ts";
import type { ModelFlags } from "../model/model-options.ts";
import { openEmbedder } from "../model/open-embedder.ts";
import { textOrInput } from "../terminal/read-input.ts";
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
  const texts = await readTexts(text, others, terminal);
  const cutTexts = new CutTexts((index) => `text ${index + 1}`);
  await using embedder = await openEmbedder(
    { ...model, adapter: model.adapter ?? false },
    terminal,
    cutTexts,
  );
  const promptName = chosen ?? (Object.hasOwn(embedder.prompts, "STS") ? "STS" : undefined);
  const [first, ...rest] = await embedder.encode(texts, { promptName, signal });
  cutTexts.note(texts.length, terminal);
  if (rest.length === 0) note(terminal, "There was no text to compare it with.");
  const [scores] = embedder.similarity([first!], rest);
  const ranked = texts
    .slice(1)
    .map((other, index) => ({ text: other, score: scores![index]! }))
    .sort((a, b) => b.score - a.score);
  if (json) return print(terminal, JSON.stringify(ranked));
  for (const { text, score } of ranked) print(terminal, `${score.toFixed(4)}  ${text}`);
}

async function readTexts(
  text: string,
  others: readonly string[],
  terminal: Terminal,
): Promise<string[]> {
  const texts = [await textOrInput(text, "the text to compare", terminal)];
  for await (const item of readItems(others, { inputFormat: "lines" }, terminal))
    if (item.text.trim() !== "") texts.push(item.text);
  return texts;
}
