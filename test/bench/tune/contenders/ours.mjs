/**
 * `tune` and `evaluateRetrieval`, with an embedder that reads its vectors from files. Its texts are
 * "query 0", "document 0", …, which say the row.
 */
import { openSync, readSync } from "node:fs";
import { Embedder } from "@embeddinggemma/core";
import { evaluateRetrieval, tune } from "@embeddinggemma/tune";
import { peakMemory } from "../../report/memory.mjs";

let embedder;
let training;

/** @param options - `training`: options of `tune` for this contender alone */
export function prepare({ queries, documents, dimension, matryoshkaDims, ...options }) {
  training = options.training;
  embedder = fileEmbedder({ queries, documents }, dimension, matryoshkaDims);
  return { start: peakMemory() };
}

/**
 * Trains once. The time is that from the last vector to the last step, with what is compiled, and
 * with the validation of all epochs but the last.
 */
export async function train({ pairs, validation, epochs, ...settings }) {
  let stop = watch();
  let time;
  let steps = 0;
  const { history } = await tune(embedder, {
    ...settings,
    ...training,
    pairs: rows(0, pairs).map((row) => ({ query: queryOf(row), document: documentOf(row) })),
    validation: retrievalOf(rows(pairs, validation), rows(pairs, validation)),
    epochs,
    patience: epochs,
    onProgress({ phase, done, total }) {
      if (phase === "embed") stop = watch();
      if (phase !== "train" || done < total) return;
      time = stop();
      steps = total;
    },
  });
  return {
    ...time,
    steps,
    loss: history.at(-1).loss,
    before: history[0].score,
    after: history.at(-1).score,
  };
}

/** Ranks documents for queries. The time is that outside the embedder. */
export async function evaluate({ queries, documents }) {
  const data = retrievalOf(rows(0, queries), rows(0, documents));
  const { timed, spent } = timedEmbedder();
  const stop = watch();
  const { results } = await evaluateRetrieval(timed, data);
  const all = stop();
  await timed.dispose();
  const found = Array.from(results[0].rankings.values(), (hits) =>
    hits.slice(0, 10).map(([id]) => Number(id)),
  );
  return { seconds: all.seconds - spent.seconds, cpu: all.cpu - spent.cpu, found };
}

/** Starts a clock. @returns a function that tells the seconds since, and those of the processor */
function watch() {
  const start = performance.now();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { seconds: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 };
  };
}

function rows(first, count) {
  return Array.from({ length: count }, (_, index) => first + index);
}

function queryOf(row) {
  return `query ${row}`;
}

function documentOf(row) {
  return `document ${row}`;
}

function retrievalOf(queries, documents) {
  return {
    queries: new Map(queries.map((row) => [String(row), queryOf(row)])),
    corpus: new Map(documents.map((row) => [String(row), documentOf(row)])),
    relevant: new Map(queries.map((row) => [String(row), [String(row)]])),
  };
}

/** The embedder, and the time that was spent in it. */
function timedEmbedder() {
  const spent = { seconds: 0, cpu: 0 };
  const timed = embedder.withAdapter(null);
  for (const method of ["encodeQuery", "encodeDocument"]) {
    timed[method] = async (...args) => {
      const stop = watch();
      const vectors = await embedder[method](...args);
      const { seconds, cpu } = stop();
      spent.seconds += seconds;
      spent.cpu += cpu;
      return vectors;
    };
  }
  return { timed, spent };
}

/** A text is one token: the number of its row, times two, and 1 more for a document. */
function fileEmbedder(paths, dimension, matryoshkaDimensions) {
  const files = [openSync(paths.queries, "r"), openSync(paths.documents, "r")];
  const tokensOf = (text) => {
    const [kind, row] = text.split(" ");
    return [2 * Number(row) + (kind === "document" ? 1 : 0)];
  };
  const backend = {
    tokenizer: { encode: tokensOf, decode: ([id]) => [queryOf, documentOf][id % 2](id >> 1) },
    specialTokens: { prefix: [], suffix: [] },
    padding: { id: 0, side: "right" },
    tokenize: async (texts) => texts.map(tokensOf),
    async run({ inputIds }) {
      const vectors = new Float32Array(inputIds.length * dimension);
      for (const [row, id] of inputIds.entries()) {
        const token = Number(id);
        const vector = vectors.subarray(row * dimension, (row + 1) * dimension);
        readSync(files[token % 2], vector, { position: (token >> 1) * vector.byteLength });
      }
      return { sentenceEmbedding: vectors };
    },
    dispose: async () => {},
  };
  return Embedder.from({
    model: "vectors",
    backend,
    description: {
      prompts: { query: "", document: "" },
      defaultPromptName: null,
      similarityFunction: "cosine",
      maxTokens: 8,
      pooling: ["mean"],
      includePrompt: true,
      denseLayers: 0,
      normalized: true,
      dimension,
      matryoshkaDimensions,
      anyDimension: false,
      selfCheck: null,
      family: null,
    },
  });
}
