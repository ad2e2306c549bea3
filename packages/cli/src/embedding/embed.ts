import {
  type DocumentInput,
  type Embedder,
  type Precision,
  quantizeEmbeddings,
} from "@embeddinggemma/core";
import { windowsOf } from "@embeddinggemma/internal";
import { noteFileNames } from "../documents/note-file-names.ts";
import { CutTexts } from "../model/cut-texts.ts";
import type { ModelFlags } from "../model/model-options.ts";
import { openEmbedder } from "../model/open-embedder.ts";
import { countOf } from "../terminal/count-of.ts";
import { startProgress } from "../terminal/progress.ts";
import { note, type Terminal } from "../terminal/terminal.ts";
import { openVectorWriter } from "./open-vector-writer.ts";
import { isOnTerminal } from "./output.ts";
import { type InputFormat, type Item, readItems } from "./read-items.ts";
import type { VectorFormat } from "./vector-writer.ts";

export interface EmbedFlags extends ModelFlags {
  input?: string[];
  inputFormat?: InputFormat;
  format: VectorFormat;
  output?: string;
  query?: boolean;
  title?: string;
  promptName?: string;
  prompt?: string;
  precision: Extract<Precision, "float32" | "binary" | "ubinary">;
}

/** Embeds texts, and writes their vectors in the same order, as they come. */
export async function embed(
  texts: readonly string[],
  { input, inputFormat, format, output, precision, ...flags }: EmbedFlags,
  terminal: Terminal,
): Promise<void> {
  const { query, title, promptName, prompt, ...model } = flags;
  const { signal } = terminal;
  await noteFileNames(texts, (name) => `To embed the lines of a file: --input ${name}`, terminal);
  await using writer = await openVectorWriter(format, output, terminal);
  let window: readonly Item[] = [];
  const cutTexts = new CutTexts((index) => window[index]?.place);
  const adapter = query || promptName === "query" ? model.adapter : (model.adapter ?? false);
  await using embedder = await openEmbedder({ ...model, adapter }, terminal, cutTexts);
  const encode = encoder(embedder, { query, title, promptName, prompt }, signal);
  const items = readItems(texts, { input, inputFormat }, terminal);
  const progress = startCounting(output, terminal);
  try {
    for await (window of windowsOf(items)) {
      await writer.write(window, quantizeEmbeddings(await encode(window), precision));
      progress.add(window.length);
    }
  } finally {
    progress.stop();
  }
  const [sample] = quantizeEmbeddings([new Float32Array(embedder.dimension)], precision);
  await writer.finish(sample!);
  cutTexts.note(progress.done(), terminal);
  if (progress.done() === 0) note(terminal, "There was no text to embed.");
}

/** Shows how many texts are done, unless the vectors on the terminal show it. */
function startCounting(output: string | undefined, terminal: Terminal) {
  const isSeen = output === undefined && isOnTerminal(terminal);
  const interactive = terminal.interactive && !isSeen;
  const progress = startProgress({ ...terminal, interactive }, "Embedding");
  let done = 0;
  return {
    add(count: number): void {
      done += count;
      progress.show(undefined, countOf(done, "text"));
    },
    done: () => done,
    stop: () => progress.stop(),
  };
}

type Encode = (items: readonly Item[]) => Promise<Float32Array[]>;

interface Prompts {
  readonly query: boolean | undefined;
  readonly title: string | undefined;
  readonly promptName: string | undefined;
  readonly prompt: string | undefined;
}

function encoder(
  embedder: Embedder,
  { query, title, promptName, prompt }: Prompts,
  signal: AbortSignal,
): Encode {
  const textsOf = (items: readonly Item[]) => items.map(({ text }) => text);
  if (query) return (items) => embedder.encodeQuery(textsOf(items), { signal });
  if (promptName !== undefined || prompt !== undefined)
    return (items) => embedder.encode(textsOf(items), { promptName, prompt, signal });
  const documentOf = (item: Item): DocumentInput => ({
    title: item.title ?? title,
    text: item.text,
  });
  return (items) => embedder.encodeDocument(items.map(documentOf), { signal });
}
