import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { EmbeddingGemmaEmbeddings } from "@embeddinggemma/langchain";
import { modelPath } from "@embeddinggemma/tiny-model";
import { expect, it } from "vitest";
import { indexFolder } from "./index-folder.mjs";

const main = fileURLToPath(new URL("main.mjs", import.meta.url));

it("embeds only what has changed, and prints what the README shows", async () => {
  const env = { ...process.env, NODE_OPTIONS: "" };
  const { stdout } = await promisify(execFile)(process.execPath, [main], { env });
  const rows = [...stdout.matchAll(/^ {2}(\S.*?) {2,}(\d+) +(\d+) +(\d+) +(\d+)$/gm)];
  expect(rows.map(([, what, ...counts]) => [what, ...counts.map(Number)])).toEqual([
    // embedded, added, skipped, deleted
    ["three new files", 3, 3, 0, 0],
    ["nothing has changed", 0, 0, 3, 0],
    ["bread.txt was edited", 1, 1, 2, 1],
    ["cheese.txt was deleted", 0, 0, 2, 1],
  ]);
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  expect(stdout).toContain(readme.match(/```text\n(.*?)```/s)![1]);
  expect(stdout).toContain(
    "  bread.txt: Rye bread needs a sourdough. It is baked for ninety minutes",
  );
}, 120_000);

it("takes the model that the environment names", async () => {
  const env = { ...process.env, NODE_OPTIONS: "", EMBEDDINGGEMMA_MODEL: "./no/such/model" };
  await expect(promisify(execFile)(process.execPath, [main], { env })).rejects.toThrow(
    "no/such/model",
  );
}, 60_000);

it("indexes in the next run what a run that could not save has embedded", async () => {
  const root = await mkdtemp(join(tmpdir(), "incremental-indexing-test-"));
  const [notes, store] = [join(root, "notes"), join(root, "store")];
  await mkdir(notes);
  await writeFile(join(notes, "bread.txt"), "Rye bread needs a sourdough.");
  const blocking = new EmbeddingGemmaEmbeddings({
    model: modelPath,
    onEncodeProgress: () => writeFileSync(store, ""),
  });
  await expect(indexFolder(notes, store, blocking)).rejects.toMatchObject({ code: "SAVE_FAILED" });
  await rm(store);

  const embeddings = new EmbeddingGemmaEmbeddings({ model: modelPath });
  const { vectorStore, result } = await indexFolder(notes, store, embeddings);
  expect(result).toMatchObject({ numAdded: 1, numSkipped: 0 });
  expect(await vectorStore.similaritySearch("bread", 1)).toMatchObject([
    { metadata: { source: "bread.txt" } },
  ]);
  await Promise.all([blocking.dispose(), embeddings.dispose()]);
  await rm(root, { recursive: true });
}, 60_000);
