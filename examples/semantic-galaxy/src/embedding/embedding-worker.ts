import { type Device, Embedder } from "@embeddinggemma/core";
import { env } from "@huggingface/transformers";
import type { CallContext } from "../threads/messages.ts";
import { serveCalls } from "../threads/serve-calls.ts";
import { type ModelChoice, sourceOf } from "./model-choices.ts";
import {
  cosine,
  type Dimension,
  dimension,
  dimensions,
  type Hit,
  VectorTable,
} from "./vector-table.ts";

/** With the model's prompts for queries and documents, or without any. */
export type Encoding = "prompts" | "plain";

export interface LoadArgument {
  readonly choice: ModelChoice;
  /** URL of the page. */
  readonly base: string;
  /** URL of the Hub, if it is another one. */
  readonly hub: string | undefined;
}

export interface LoadProgress {
  readonly loaded: number;
  readonly total: number | undefined;
}

export interface LoadedModel {
  readonly identity: string;
  readonly device: string;
  readonly dtype: string;
}

/** Vectors of the texts from `from` on, 768 numbers each. */
export interface EmbeddedSlice {
  readonly from: number;
  readonly vectors: Float32Array<ArrayBuffer>;
}

/** Files of so many bytes come at once, and show no progress. */
const smallFile = 1_000_000;

let embedder: Embedder | undefined;
let sliceSize = 1;
const tables = { prompts: new VectorTable(), plain: new VectorTable() };
/** The last query, since the slider asks for it again with another dimension. */
let lastQuery: { key: string; vector: Promise<Float32Array> } | undefined;

const methods = {
  async load(
    { choice, base, hub }: LoadArgument,
    { report, signal }: CallContext<LoadProgress>,
  ): Promise<LoadedModel> {
    const source = await sourceOf(choice, base, hub);
    const { model, device, dtype, maxBatchTokens, options } = source;
    sliceSize = source.sliceSize;
    const files = new Map<string, { loaded: number; total: number | undefined }>();
    env.backends.onnx.wasm!.wasmPaths = runtimeFiles(device, base);
    embedder = await Embedder.load(model, {
      ...options,
      device,
      dtype,
      maxBatchTokens,
      signal,
      onDownloadProgress({ file, loaded, total }) {
        if (total !== null && total < smallFile) return;
        files.set(file, { loaded, total: total ?? undefined });
        report(sumOf([...files.values()]));
      },
    });
    return { identity: embedder.identity, device, dtype: embedder.dtype ?? dtype };
  },

  /** Embeds texts, which get the rows from `from` on. Later rows are dropped. */
  async embed(
    { encoding, from, documents }: EmbedArgument,
    { report, signal }: CallContext<EmbeddedSlice>,
  ): Promise<void> {
    const model = loadedEmbedder();
    const table = tables[encoding];
    table.truncate(from);
    for (let at = 0; at < documents.length; at += sliceSize) {
      const slice = documents.slice(at, at + sliceSize);
      const rows =
        encoding === "prompts"
          ? await model.encodeDocument(slice, { signal })
          : await model.encode(slice.map(plainText), { prompt: "", signal });
      const vectors = new Float32Array(slice.length * dimension);
      for (const [row, vector] of rows.entries()) vectors.set(vector, row * dimension);
      table.append(vectors);
      report({ from: from + at, vectors }, [vectors.buffer]);
    }
  },

  /** Takes vectors that were embedded before. */
  restore({ encoding, vectors }: { encoding: Encoding; vectors: Float32Array }): void {
    tables[encoding].append(vectors);
  },

  /** Forgets the vectors from a row on. */
  truncate({ count }: { count: number }): void {
    tables.prompts.truncate(count);
    tables.plain.truncate(count);
  },

  /** The best hits with the first `count` numbers, and with all. */
  async search({
    query,
    encoding,
    count,
    k,
  }: {
    query: string;
    encoding: Encoding;
    count: Dimension;
    k: number;
  }): Promise<{ hits: Hit[]; fullHits: Hit[] }> {
    const vector = await vectorOfQuery(query, encoding);
    const table = tables[encoding];
    const fullHits = table.search(vector, dimension, k);
    return { hits: count === dimension ? fullHits : table.search(vector, count, k), fullHits };
  },

  neighbors({ index, encoding, count, k }: NeighborsOf): Hit[] {
    const table = tables[encoding];
    return index < table.count ? table.search(table.rows(index, index + 1), count, k, index) : [];
  },

  /** The similarity of two texts, for each dimension. */
  async compare({
    left,
    right,
    encoding,
  }: {
    left: string;
    right: string;
    encoding: Encoding;
  }): Promise<Record<Dimension, number>> {
    const options = encoding === "prompts" ? { promptName: "STS" } : { prompt: "" };
    const [a, b] = await loadedEmbedder().encode([left, right], options);
    const entries = dimensions.map((count) => [count, cosine(a!, b!, count)]);
    return Object.fromEntries(entries) as Record<Dimension, number>;
  },

  /** Copies of the vectors from one row to another. */
  vectors({
    encoding,
    from,
    to,
  }: {
    encoding: Encoding;
    from: number;
    to: number;
  }): Float32Array<ArrayBuffer> {
    return tables[encoding].rows(from, to).slice();
  },
};

interface EmbedArgument {
  readonly encoding: Encoding;
  readonly from: number;
  readonly documents: readonly TitledText[];
}

/** An empty title is none. */
interface TitledText {
  readonly title: string;
  readonly text: string;
}

interface NeighborsOf {
  readonly index: number;
  readonly encoding: Encoding;
  readonly count: Dimension;
  readonly k: number;
}

export type EmbeddingMethods = typeof methods;

serveCalls(methods);

/**
 * The build of ONNX Runtime: the one that can use WebGPU is twice as large (21 MB), and starts
 * later.
 *
 * @param base - URL of the page
 */
function runtimeFiles(device: Device, base: string): { mjs: string; wasm: string } {
  const build = device === "webgpu" ? "ort-wasm-simd-threaded.jsep" : "ort-wasm-simd-threaded";
  const urlOf = (extension: string) => new URL(`ort/${build}.${extension}`, base).href;
  return { mjs: urlOf("mjs"), wasm: urlOf("wasm") };
}

function loadedEmbedder(): Embedder {
  if (!embedder) throw new Error("The model is not loaded yet.");
  return embedder;
}

async function vectorOfQuery(query: string, encoding: Encoding): Promise<Float32Array> {
  const key = `${encoding} ${query}`;
  if (lastQuery?.key !== key) {
    const model = loadedEmbedder();
    const vector =
      encoding === "prompts" ? model.encodeQuery(query) : model.encode(query, { prompt: "" });
    const asked = { key, vector };
    vector.catch(() => {
      if (lastQuery === asked) lastQuery = undefined;
    });
    lastQuery = asked;
  }
  return lastQuery.vector;
}

/** What a model without prompts gets of a text with a title. */
function plainText({ title, text }: TitledText): string {
  return title ? `${title}: ${text}` : text;
}

function sumOf(files: readonly LoadProgress[]): LoadProgress {
  return {
    loaded: files.reduce((sum, { loaded }) => sum + loaded, 0),
    total: files.every(({ total }) => total !== undefined)
      ? files.reduce((sum, { total }) => sum + total!, 0)
      : undefined,
  };
}
