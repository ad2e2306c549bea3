import { cpSync } from "node:fs";
import { join } from "node:path";
import { connect, Index, makeArrowTable } from "@lancedb/lancedb";
import { bucketOf } from "../../search/data.mjs";

/** @param approximate - with an index of cells; otherwise it scans all vectors */
export default async function create({ dimension, folder, approximate }) {
  const path = join(folder, "lancedb");
  const database = await connect(path);
  let table;
  return {
    ...searches(() => table, approximate),
    async add(rows, vectors) {
      const items = rows.map((row, position) => ({
        row,
        bucket: bucketOf(row),
        title: `text ${row}`,
        vector: Array.from(vectors.subarray(position * dimension, (position + 1) * dimension)),
      }));
      const data = makeArrowTable(items);
      if (table) await table.add(data);
      else table = await database.createTable("items", data);
    },
    async finish() {
      if (!approximate) return;
      await table.createIndex("vector", { config: Index.ivfFlat({ distanceType: "dot" }) });
    },
    remove: (rows) => table.delete(`row IN (${rows.join(", ")})`),
    save: (target) => cpSync(path, join(target, "lancedb"), { recursive: true }),
    async open(target) {
      const opened = await connect(join(target, "lancedb"));
      const items = await opened.openTable("items");
      return searches(() => items, approximate);
    },
  };
}

function searches(table, approximate, nprobes) {
  const query = async (vector, k, where) => {
    let built = table().vectorSearch(Array.from(vector)).distanceType("dot").limit(k);
    if (where) built = built.where(where);
    if (nprobes) built = built.nprobes(nprobes);
    return (await built.select(["row"]).toArray()).map(({ row }) => Number(row));
  };
  return {
    search: (vector, k) => query(vector, k),
    filtered: (vector, k, below) => query(vector, k, `bucket < ${below}`),
    ...(approximate && { withEffort: (value) => searches(table, approximate, value) }),
  };
}
