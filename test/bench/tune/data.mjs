/**
 * The vectors of the benchmark: pairs of a query and the document that answers it, in two files of
 * float32. They are unit vectors. A query is its document after a linear map, which an adapter can
 * undo, and noise.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { gaussians, normalize, writeRows } from "../search/data.mjs";

/** Part of a query that is its document, unchanged. The rest is the document after the map. */
const unchanged = 0.05;
/** Length of the noise, beside that of the document after the map. */
const noise = 0.5;

/** @returns paths of the files `queries` and `documents`; the same numbers in every run */
export function writePairs({ folder, count, dimension }) {
  const files = { queries: join(folder, "queries.f32"), documents: join(folder, "documents.f32") };
  const random = gaussians(12);
  const writeDocument = (target) => {
    for (let index = 0; index < dimension; index++) target[index] = random.next();
    normalize(target);
  };
  writeRows(files.documents, count, dimension, writeDocument);
  const map = randomMap(random.uniform, dimension);
  const document = new Float32Array(dimension);
  const scale = noise / Math.sqrt(dimension);
  const input = openSync(files.documents, "r");
  writeRows(files.queries, count, dimension, (query) => {
    readSync(input, document);
    for (let index = 0; index < dimension; index++) {
      const { from, sign } = map[index];
      query[index] = sign * document[from] + unchanged * document[index] + scale * random.next();
    }
    normalize(query);
  });
  closeSync(input);
  return files;
}

/** Puts the numbers of a vector in another order, with other signs: an orthogonal matrix. */
function randomMap(random, dimension) {
  const order = Array.from({ length: dimension }, (_, index) => index);
  for (let last = dimension - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order.map((from) => ({ from, sign: random() < 0.5 ? -1 : 1 }));
}
