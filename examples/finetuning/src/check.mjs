/**
 * Loads an exported model and compares its vectors with Python's.
 *
 *   node src/check.mjs FOLDER
 *
 * FOLDER is the output of finetune.py, with the export in its subfolder `onnx`.
 */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Embedder } from "@embeddinggemma/core";

/** @typedef {{ title?: string, text: string, vector: number[] }} Sample */

const files = /** @type {const} */ ([
  ["fp32", "model.onnx"],
  ["q8", "model_quantized.onnx"],
  ["q4", "model_q4.onnx"],
]);

/** fp32 computes what Python computes. The weights of the other files are rounded. */
const largestDifferenceOfFp32 = 1e-5;

const folder = process.argv[2] ?? "build";
/** @type {{ queries: Sample[], documents: Sample[] }} */
const { queries, documents } = JSON.parse(await readFile(join(folder, "vectors.json"), "utf8"));
const expected = [...queries, ...documents].map(({ vector }) => vector);

console.log("dtype  lowest cosine  largest difference");
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
  );
  if (dtype === "fp32" && difference > largestDifferenceOfFp32) {
    console.error("The vectors of fp32 are not those of Python.");
    process.exitCode = 1;
  }
  await embedder.dispose();
}

/** @param {Float32Array} a @param {readonly number[]} b */
function largestDifference(a, b) {
  return Math.max(...b.map((number, index) => Math.abs(number - (a[index] ?? Number.NaN))));
}
