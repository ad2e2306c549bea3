/**
 * The vectors of a search benchmark: unit vectors in files of float32, which the processes of the
 * contenders read batch by batch, so that nobody's memory has a second copy of all.
 */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Embedder } from "@embeddinggemma/core";
import { readText } from "../report/text-file.mjs";
import { randomNumbers } from "../texts.mjs";

const rowsAtOnce = 1024;

/** A share of items: those whose number, modulo 1,000 and mixed, is below 1,000 times the share. */
export function bucketOf(row) {
  return (row * 7919) % 1000;
}

/**
 * Random vectors around centres, some tens of vectors around each, and far enough from them that
 * an approximate index misses about as many as with embeddings of texts.
 *
 * @param kind - `matryoshka`: the variance decreases along the vector, as in embeddings that were
 * trained with Matryoshka loss; `clustered`: it does not
 * @returns `{ file, queries, dimension, count }`; queries are near centres, too
 */
export function randomData({ folder, kind, count, dimension, queries }) {
  const random = gaussians(count);
  const scale = Float32Array.from({ length: dimension }, (_, index) =>
    kind === "matryoshka" ? (1 + index / 24) ** -0.75 : 1,
  );
  const centreCount = Math.max(16, Math.round(count / 50));
  const centres = new Float32Array(centreCount * dimension);
  for (let index = 0; index < centres.length; index++) {
    centres[index] = random.next() * scale[index % dimension];
  }
  const file = join(folder, `${kind}-${count}.f32`);
  const writeNext = (target) => {
    const centre = Math.floor(random.uniform() * centreCount) * dimension;
    for (let index = 0; index < dimension; index++)
      target[index] = centres[centre + index] + 1.5 * scale[index] * random.next();
    normalize(target);
  };
  writeRows(file, count, dimension, writeNext);
  return {
    file,
    count,
    dimension,
    queries: Array.from({ length: queries }, () => {
      const query = new Float32Array(dimension);
      writeNext(query);
      return query;
    }),
  };
}

/**
 * Embeddings of a file with one text a line, which may be gzipped. The last lines are the queries.
 */
export async function textData({ folder, texts: path, model, count, queries }) {
  const lines = [...new Set((await readText(path)).split("\n").filter(Boolean))];
  const questions = lines.splice(-queries);
  const texts = lines.slice(0, count);
  const embedder = await Embedder.load(model);
  try {
    const queryVectors = await embedder.encodeQuery(questions);
    const dimension = queryVectors[0].length;
    const file = join(folder, `texts-${texts.length}.f32`);
    const output = openSync(file, "w");
    for (let start = 0; start < texts.length; start += rowsAtOnce) {
      const vectors = await embedder.encodeDocument(texts.slice(start, start + rowsAtOnce));
      for (const vector of vectors) writeSync(output, vector);
    }
    closeSync(output);
    return { file, count: texts.length, dimension, queries: queryVectors };
  } finally {
    await embedder.dispose();
  }
}

/** Reads rows of a file, in batches of `{ start, rows, vectors }`. */
export function* batchesOf(file, dimension, first, end) {
  const input = openSync(file, "r");
  try {
    for (let start = first; start < end; start += rowsAtOnce) {
      const rows = Math.min(rowsAtOnce, end - start);
      const vectors = new Float32Array(rows * dimension);
      readSync(input, vectors, 0, vectors.byteLength, start * dimension * 4);
      yield { start, rows, vectors };
    }
  } finally {
    closeSync(input);
  }
}

/** For each query the ten best rows of the first `count`, by a plain loop over all of them. */
export function exactAnswers({ file, dimension, queries }, count, k = 10) {
  const best = queries.map(() => []);
  for (const { start, rows, vectors } of batchesOf(file, dimension, 0, count)) {
    for (const [position, query] of queries.entries()) {
      const top = best[position];
      for (let row = 0; row < rows; row++) {
        let score = 0;
        const offset = row * dimension;
        for (let index = 0; index < dimension; index++)
          score += query[index] * vectors[offset + index];
        if (top.length === k && score <= top[k - 1].score) continue;
        top.push({ row: start + row, score });
        top.sort((one, other) => other.score - one.score);
        top.length = Math.min(top.length, k);
      }
    }
  }
  return best.map((top) => top.map(({ row }) => row));
}

/** The share of the best rows that was found. */
export function recallOf(found, best) {
  let hits = 0;
  let all = 0;
  for (const [query, rows] of found.entries()) {
    const right = new Set(best[query]);
    hits += rows.filter((row) => right.has(row)).length;
    all += right.size;
  }
  return hits / all;
}

/** Writes rows that a function fills one after the other. */
export function writeRows(file, count, dimension, writeNext) {
  const output = openSync(file, "w");
  const vectors = new Float32Array(rowsAtOnce * dimension);
  for (let start = 0; start < count; start += rowsAtOnce) {
    const rows = Math.min(rowsAtOnce, count - start);
    for (let row = 0; row < rows; row++)
      writeNext(vectors.subarray(row * dimension, (row + 1) * dimension));
    writeSync(output, vectors, 0, rows * dimension * 4);
  }
  closeSync(output);
}

export function normalize(vector) {
  let squares = 0;
  for (let index = 0; index < vector.length; index++) squares += vector[index] ** 2;
  const norm = Math.sqrt(squares);
  for (let index = 0; index < vector.length; index++) vector[index] /= norm;
}

/** Two normal numbers for one logarithm (Box and Muller). */
export function gaussians(seed) {
  const uniform = randomNumbers(seed);
  let spare;
  return {
    uniform,
    next() {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      const angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
  };
}
