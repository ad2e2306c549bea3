import { createRequire } from "node:module";
import { join } from "node:path";

const { IndexFlatIP } = createRequire(import.meta.url)("faiss-node");

export default function create({ dimension }) {
  return wrap(new IndexFlatIP(dimension));
}

function wrap(index) {
  return {
    add: (_rows, vectors) => index.add(Array.from(vectors)),
    search: (query, k) => index.search(Array.from(query), k).labels,
    searchMany: (queries, k) =>
      index.search(
        queries.flatMap((query) => Array.from(query)),
        k,
      ),
    remove: (rows) => index.removeIds(rows),
    save: (folder) => index.write(join(folder, "index")),
    open: (folder) => wrap(IndexFlatIP.read(join(folder, "index"))),
  };
}
