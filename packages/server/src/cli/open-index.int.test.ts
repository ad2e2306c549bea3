import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FaissStore, type FaissStoreOptions } from "@embeddinggemma/faiss";
import { afterAll, expect, it } from "vitest";
import { tinyEmbedder } from "../testing/tiny.ts";
import { CannotRun } from "./cannot-run.ts";
import { createLogger } from "./logs.ts";
import { openIndex } from "./open-index.ts";

const root = await mkdtemp(join(tmpdir(), "server-index-"));

const logger = createLogger({ level: "silent", json: true });

const { dimension, identity } = await tinyEmbedder();

afterAll(() => rm(root, { recursive: true }));

it.each([
  { name: "model", dimension: 768, identity: "sha256:00?dtype=q8", reason: "They differ in" },
  {
    name: "length",
    dimension: 2,
    identity: undefined,
    reason: "vectors of 2 numbers, but those of the model have 768. Start",
  },
  {
    name: "unknown",
    dimension: 768,
    identity: undefined,
    reason: "an unknown model. Start",
  },
])("says that a store has vectors of another $name", async ({ name, reason, ...options }) => {
  const folder = join(root, name);
  const store = await FaissStore.create(options);
  await store.save(folder);
  await store.close();
  const opening = openIndex({ folder, isReadOnly: false }, await tinyEmbedder(), logger);
  const failure = await opening.catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(CannotRun);
  expect((failure as CannotRun).message).toContain(`${folder} has vectors of `);
  expect((failure as CannotRun).message).toContain(reason);
});

it("says that a store of another dimension in the folder needs a restart", async () => {
  const folder = join(root, "replaced");
  const saveStore = async (options: FaissStoreOptions) => {
    const store = await FaissStore.create(options);
    await store.save(folder);
    await store.close();
  };
  await saveStore({ dimension, identity });
  const errors: string[] = [];
  const listening = { ...logger, error: (message: string) => errors.push(message) } as never;
  const index = await openIndex({ folder, isReadOnly: true }, await tinyEmbedder(), listening);
  await rm(folder, { recursive: true });
  await saveStore({ dimension: 256 });
  await index.refresh();
  expect(errors).toEqual([
    `${folder} was replaced, and has vectors of 256 numbers, but those of the model have 768 ` +
      "(without --truncate-dim 256). Its former state is served. Start the server again, with " +
      "the model that made the store.",
  ]);
  await index.close();
});
