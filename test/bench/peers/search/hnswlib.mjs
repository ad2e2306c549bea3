import { join } from "node:path";
import hnswlib from "hnswlib-node";
import { bucketOf } from "../../search/data.mjs";

/** With the library's defaults: 16 links, `efConstruction` 200. */
export default function create({ dimension, count }) {
  const index = new hnswlib.HierarchicalNSW("ip", dimension);
  index.initIndex({ maxElements: count + 1000 });
  return wrap(index, dimension);
}

function wrap(index, dimension) {
  const search = (query, k, filter) => index.searchKnn(Array.from(query), k, filter).neighbors;
  return {
    add(rows, vectors) {
      for (const [position, row] of rows.entries()) {
        const vector = vectors.subarray(position * dimension, (position + 1) * dimension);
        index.addPoint(Array.from(vector), row);
      }
    },
    search: (query, k) => search(query, k),
    filtered: (query, k, below) => search(query, k, (row) => bucketOf(row) < below),
    remove(rows) {
      for (const row of rows) index.markDelete(row);
    },
    save: (folder) => index.writeIndexSync(join(folder, "index")),
    open(folder) {
      const opened = new hnswlib.HierarchicalNSW("ip", dimension);
      opened.readIndexSync(join(folder, "index"));
      return wrap(opened, dimension);
    },
    withEffort(value) {
      index.setEf(value);
      return wrap(index, dimension);
    },
  };
}
