import { noteFileNames } from "../documents/note-file-names.ts";
import { CutTexts } from "../model/cut-texts.ts";
import type { ModelFlags } from "../model/model-options.ts";
import { openEmbedder } from "../model/open-embedder.ts";
import { print, type Terminal } from "../terminal/terminal.ts";

export interface SimilarityFlags extends ModelFlags {
  promptName?: string;
  json?: boolean;
}

/** Prints the similarity of a text with others, best first. */
export async function compare(
  text: string,
  others: readonly string[],
  { promptName: chosen, json, ...model }: SimilarityFlags,
  terminal: Terminal,
): Promise<void> {
  const { signal } = terminal;
  const texts = [text, ...others];
  await noteFileNames(texts, (name) => `To compare what it says: "$(cat ${name})"`, terminal);
  const cutTexts = new CutTexts((index) => `text ${index + 1}`);
  await using embedder = await openEmbedder(
    { ...model, adapter: model.adapter ?? false },
    terminal,
    cutTexts,
  );
  const promptName = chosen ?? (Object.hasOwn(embedder.prompts, "STS") ? "STS" : undefined);
  const [first, ...rest] = await embedder.encode(texts, { promptName, signal });
  cutTexts.note(texts.length, terminal);
  const [scores] = embedder.similarity([first!], rest);
  const ranked = others
    .map((other, index) => ({ text: other, score: scores![index]! }))
    .sort((a, b) => b.score - a.score);
  if (json) return print(terminal, JSON.stringify(ranked));
  for (const { text, score } of ranked) print(terminal, `${score.toFixed(4)}  ${text}`);
}
