import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { ModelFlags } from "../model/model-options.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { advice } from "./check-embedder.ts";

const folder = await temporaryFolder();
const url = "http://localhost:8080";
const model = join(folder, "models/gemma");
await mkdir(model, { recursive: true });
await symlink(join(folder, "models"), join(folder, "linked"));

const leaveOut = "Leave out the flags that choose a model: the one that made the store is used";
const own = "org/gemma@abc?dtype=q8";
const foreign = "gemma?server=Ollama";

it.each<[string, string, ModelFlags, ModelFlags]>([
  ["Leave out --truncate-dim.", own, { url }, { url, truncateDim: 128 }],
  ["Leave out --truncate-dim.", foreign, { url }, { url, truncateDim: 128 }],
  [leaveOut, own, { url }, { url, model: "other" }],
  ["Give the model that the server ran as --model, with", own, { url }, { model: "tiny" }],
  ["Give the model that the server ran as --model, with", own, { url }, { url }],
  ["Give a server with the model that made the store as --url: no", foreign, { url }, { model }],
  ["Give a server with the model that made the store as --url: no", foreign, { url }, { url }],
  [leaveOut, own, { model: "tiny" }, { model }],
  [leaveOut, own, { model }, { model, dtype: "q4" }],
  ["Give the model that made the store as --model.", own, { model }, { model }],
  [
    "Give the model that made the store as --model.",
    ...([own, { model, adapter: model }] as const),
    { model: join(folder, "linked/gemma"), adapter: join(folder, "linked/gemma") },
  ],
])("advises: %s (%s, %o, %o)", (start, identity, stored, given) => {
  const settings = { model: stored, chunks: { tokens: 1, overlap: 0 }, root: "..", files: {} };
  const text = advice({ identity }, settings, given);
  expect(text.startsWith(start)).toBe(true);
  expect(
    text.endsWith(" To use another model or dimension, index your files in a new store."),
  ).toBe(true);
});
