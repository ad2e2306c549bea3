import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { env } from "@huggingface/transformers";
import { expect, onTestFinished, test, vi } from "vitest";
import { folderOf } from "../../test-support/folder-of.ts";
import { graphFileOfDtype } from "./graph-file.ts";
import { loadTransformersBackend } from "./transformers-backend.ts";

const fixtures = fileURLToPath(new URL("../../../../test/fixtures/", import.meta.url));

test("runs with the major version of Transformers.js that is under test", () => {
  expect(env.version.split(".")[0]).toBe(process.env.TRANSFORMERS_MAJOR);
});

test("loading does not change the global settings of Transformers.js", async () => {
  const before = structuredClone(settings());
  const backend = await loadTransformersBackend(folderOf(`${fixtures}embeddinggemma`), {
    graphFile: graphFileOfDtype("fp32"),
  });
  await backend.dispose();
  expect(settings()).toEqual(before);
});

test("unknown tokenizer and model classes print no warning", async () => {
  const folder = await mkdtemp(join(tmpdir(), "unknown-classes-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await cp(`${fixtures}embeddinggemma-2`, folder, { recursive: true });
  const file = join(folder, "tokenizer_config.json");
  const tokenizerConfig = JSON.parse(await readFile(file, "utf8"));
  // As current releases of Python's transformers save it.
  await writeFile(
    file,
    JSON.stringify({ ...tokenizerConfig, tokenizer_class: "TokenizersBackend" }),
  );
  const warn = vi.spyOn(console, "warn");
  onTestFinished(() => warn.mockRestore());
  const backend = await loadTransformersBackend(folderOf(folder), {
    graphFile: graphFileOfDtype("fp32"),
  });
  await backend.dispose();
  expect(warn.mock.calls).toEqual([]);
});

test("an inference that fails prints no tokens", async () => {
  const backend = await loadTransformersBackend(folderOf(`${fixtures}bert-mean`), {
    graphFile: graphFileOfDtype("fp32"),
  });
  onTestFinished(() => backend.dispose());
  const error = vi.spyOn(console, "error");
  onTestFinished(() => error.mockRestore());
  const batchOf = (length: number) => ({
    rows: 1,
    length,
    inputIds: new BigInt64Array(length).fill(5n),
    attentionMask: new BigInt64Array(length).fill(1n),
  });
  await expect(backend.run(batchOf(600))).rejects.toThrow(/512/);
  expect(error.mock.calls).toEqual([]);
  expect((await backend.run(batchOf(3))).lastHiddenState).toHaveLength(3 * 48);
});

function settings(): Record<string, unknown> {
  return JSON.parse(JSON.stringify(env)) as Record<string, unknown>;
}
