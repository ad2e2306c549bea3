// Exports a store in all formats that Python can read, for check_exports.py. The argument is the
// folder to write to.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FaissStore } from "@embeddinggemma/faiss";

const [folder = "exported"] = process.argv.slice(2);
const fixture = JSON.parse(
  await readFile(new URL("../../fixtures/faiss/expected.json", import.meta.url), "utf8"),
);
const store = await FaissStore.create({ dimension: fixture.vectors[0].length });
await store.upsert(
  fixture.ids.map((id, row) => ({
    id,
    vector: fixture.vectors[row],
    record: { pageContent: fixture.texts[row], metadata: fixture.metadata[row] },
  })),
);
await store.exportFaiss(join(folder, "flat.faiss"));
await store.exportLangChainPython(join(folder, "langchain"));
await store.save(join(folder, "store"));
const query = [0.3, -0.2, 0.5, 0.1, -0.4, 0.6, 0.2, 0.1];
const hits = (await store.search(query, { k: 4 })).map(({ id, score }) => ({ id, score }));
const norm = Math.hypot(...query);
const expected = { ...fixture, query: query.map((value) => value / norm), hits };
await writeFile(join(folder, "expected.json"), JSON.stringify(expected));
