/**
 * Loads an exported model, compares its vectors with Python's, and evaluates it.
 *
 *   node src/check.mjs FOLDER [DATA]
 *
 * FOLDER is the output of finetune.py, with the export in its subfolder `onnx`. DATA is the folder
 * with the test queries.
 */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Embedder } from "@embeddinggemma/core";
import { evaluateRetrieval, readBeir } from "@embeddinggemma/tune";

/** @typedef {{ title?: string, text: string, vector: number[] }} Sample */

const files = /** @type {const} */ ([
  ["fp32", "model.onnx"],
  ["q8", "model_quantized.onnx"],
  ["q4", "model_q4.onnx"],
]);

/** fp32 computes what Python computes. The weights of the other files are rounded. */
const largestDifferenceOfFp32 = 1e-5;

const [folder = "build", dataFolder] = process.argv.slice(2);
/** @type {{ queries: Sample[], documents: Sample[] }} */
const { queries, documents } = JSON.parse(await readFile(join(folder, "vectors.json"), "utf8"));
const data = dataFolder === undefined ? undefined : await readBeir(dataFolder);
const expected = [...queries, ...documents].map(({ vector }) => vector);

console.log("dtype  lowest cosine  largest difference  NDCG@10");
for (const [dtype, file] of files) {
  if (!existsSync(join(folder, "onnx", "onnx", file))) continue;
  const embedder = await Embedder.load(join(folder, "onnx"), { dtype });
  const vectors = [
    ...(await embedder.encodeQuery(queries.map(({ text }) => text))),
    ...(await embedder.encodeDocument(documents.map(({ title, text }) => ({ title, text })))),
  ];
  const cosine = Math.min(
    ...embedder.similarity(vectors, expected).map((row, index) => row[index] ?? 0),
  );
  const difference = Math.max(
    ...vectors.map((vector, index) => largestDifference(vector, expected[index] ?? [])),
  );
  console.log(
    dtype.padEnd(5),
    cosine.toFixed(6).padStart(14),
    difference.toExponential(1).padStart(19),
    ((data && (await ndcg(embedder, data)))?.toFixed(4) ?? "-").padStart(8),
  );
  if (dtype === "fp32" && difference > largestDifferenceOfFp32) {
    console.error("The vectors of fp32 are not those of Python.");
    process.exitCode = 1;
  }
  await embedder.dispose();
}

/**
 * As in Sentence Transformers, all relevant documents count the same, whatever their grade.
 *
 * @param {Embedder} embedder
 * @param {import("@embeddinggemma/tune").BeirData} data
 */
async function ndcg(embedder, data) {
  const relevant = new Map(
    [...data.relevant].map(([query, grades]) => [
      query,
      [...grades].filter(([, grade]) => grade > 0).map(([document]) => document),
    ]),
  );
  const report = await evaluateRetrieval(embedder, { ...data, relevant });
  return report.results[0]?.metrics["cosine_ndcg@10"];
}

/** @param {Float32Array} a @param {readonly number[]} b */
function largestDifference(a, b) {
  return Math.max(...b.map((number, index) => Math.abs(number - (a[index] ?? Number.NaN))));
}
