import { rmSync } from "node:fs";
import { join } from "node:path";
import { FaissStore } from "@embeddinggemma/faiss";
import { bucketOf } from "../data.mjs";

export default async function create({ dimension, folder, store: options, hasEffort }) {
  const store = await FaissStore.create({ dimension, ...options });
  const saved = join(folder, "effort");
  let size;
  return {
    ...searches(store),
    async add(rows, vectors) {
      const items = rows.map((row, position) => ({
        id: String(row),
        vector: vectors.subarray(position * dimension, (position + 1) * dimension),
        record: { title: `text ${row}`, bucket: bucketOf(row) },
      }));
      await store.upsert(items);
    },
    remove: (rows) => store.delete(rows.map(String)),
    save: (path) => store.save(path),
    open: async (path) => searches(await FaissStore.open(path, engineOf(options))),
    ...(hasEffort && {
      async withEffort(value) {
        if (size !== store.size) {
          rmSync(saved, { recursive: true, force: true });
          await store.save(saved);
          size = store.size;
        }
        const tuned = await FaissStore.open(saved, { ...engineOf(options), ...value });
        return searches(tuned);
      },
    }),
  };
}

function engineOf({ engine = "auto" }) {
  return { engine };
}

function searches(store) {
  const rowsOf = (hits) => hits.map(({ id }) => Number(id));
  return {
    search: async (query, k) => rowsOf(await store.search(query, { k })),
    searchMany: async (queries, k) => (await store.search(queries, { k })).map(rowsOf),
    filtered: async (query, k, below) =>
      rowsOf(await store.search(query, { k, filter: ({ bucket }) => bucket < below })),
    diverse: async (query, k) => rowsOf(await store.maximalMarginalRelevance(query, { k })),
    close: () => store.close(),
  };
}
