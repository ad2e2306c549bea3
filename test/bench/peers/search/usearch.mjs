import { join } from "node:path";
import usearch from "usearch";

const { Index, exactSearch } = usearch;

/** @param exact - scans all vectors; otherwise a graph with the library's defaults */
export default function create({ dimension, count, exact, folder }) {
  return exact ? scan(dimension, count) : graph(dimension, folder, newIndex(dimension, 0));
}

function newIndex(dimensions, search) {
  return new Index({
    dimensions,
    metric: "ip",
    quantization: "f32",
    connectivity: 0,
    expansion_add: 0,
    expansion_search: search,
    multi: false,
  });
}

function graph(dimension, folder, index) {
  const path = join(folder, "graph");
  let saved;
  const open = (file, search) => {
    const opened = newIndex(dimension, search);
    opened.load(file);
    return graph(dimension, folder, opened);
  };
  return {
    add: (rows, vectors) => index.add(keysOf(rows), vectors, 0),
    search: (query, k) => rowsOf(index.search(query, k, 0)),
    searchMany: (queries, k) => index.search(flat(queries), k, 0),
    remove: (rows) => index.remove(keysOf(rows)),
    save: (target) => index.save(join(target, "index")),
    open: (target) => open(join(target, "index"), 0),
    withEffort(value) {
      if (saved !== index.size()) index.save(path);
      saved = index.size();
      return open(path, value);
    },
  };
}

/** The library searches an array of the caller's, which is as long as there are vectors. */
function scan(dimension, count) {
  let all = new Float32Array(count * dimension);
  return {
    add(rows, vectors) {
      const end = (rows.at(-1) + 1) * dimension;
      if (end > all.length) {
        const longer = new Float32Array(end);
        longer.set(all);
        all = longer;
      }
      all.set(vectors, rows[0] * dimension);
    },
    search: (query, k) => rowsOf(exactSearch(all, query, dimension, k, "ip", 0)),
    searchMany: (queries, k) => exactSearch(all, flat(queries), dimension, k, "ip", 0),
  };
}

function keysOf(rows) {
  return BigUint64Array.from(rows, BigInt);
}

function flat(queries) {
  const all = new Float32Array(queries.length * queries[0].length);
  for (const [position, query] of queries.entries()) all.set(query, position * query.length);
  return all;
}

function rowsOf({ keys }) {
  return Array.from(keys, Number);
}
