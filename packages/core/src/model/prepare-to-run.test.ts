import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import type { ModelFolder } from "../files/model-folder.ts";
import { graphFileOfDtype } from "../runtime/graph-file.ts";
import { prepareToRun, type RunSettings } from "./prepare-to-run.ts";

test("on the processor, threads do not spin and no arena is kept", async () => {
  expect(await optionsFor({ threads: 3 })).toEqual({
    intraOpNumThreads: 3,
    enableCpuMemArena: false,
    extra: { session: { "intra_op.allow_spinning": "0" } },
  });
});

test("options of the caller take precedence", async () => {
  const session = { "intra_op.allow_spinning": "1", disable_prepacking: "1" };
  const options = await optionsFor({
    sessionOptions: { enableCpuMemArena: true, extra: { session, run: {} } },
  });
  expect(options).toEqual({ enableCpuMemArena: true, extra: { session, run: {} } });
});

/** ONNX Runtime joins names of objects with dots, and the last entry of a name counts. */
test("an entry of the caller in an object of its own comes after the default", async () => {
  const session = { intra_op: { allow_spinning: "1" } };
  const options = await optionsFor({ sessionOptions: { extra: { session } } });
  expect(JSON.stringify(options.extra)).toBe(
    '{"session":{"intra_op.allow_spinning":"0","intra_op":{"allow_spinning":"1"}}}',
  );
});

test("other devices get the options of the caller alone", async () => {
  const sessionOptions = { enableProfiling: false };
  expect(await optionsFor({ device: "cuda", sessionOptions })).toEqual(sessionOptions);
});

test("says once why converted weights cannot be kept", async () => {
  vi.resetModules(); // as in a new process
  const { prepareToRun } = await import("./prepare-to-run.ts");
  const path = await mkdtemp(join(tmpdir(), "prepare-to-run-"));
  onTestFinished(() => rm(path, { recursive: true }));
  await writeFile(join(path, "model.onnx"), "");
  const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
  onTestFinished(() => warn.mockRestore());
  const folder = { path, derived: "/dev/null/derived", digest: async () => "" };
  const load = async () =>
    prepareToRun(
      folder as unknown as ModelFolder,
      { path: "model.onnx", dtype: "q8" },
      { operators: new Set(), dataFiles: [], inputs: [], outputs: [] },
      {},
    );
  for (const { prepared } of [await load(), await load()]) expect(prepared).toBe(null);
  expect(warn.mock.calls).toEqual([
    [
      expect.stringMatching(/kept in fp32 for the next loads \(ENOTDIR.*HF_ASSETS_CACHE/),
      { type: "EmbeddingGemmaWarning", code: "EMBEDDINGGEMMA_NOT_CONVERTED" },
    ],
  ]);
});

async function optionsFor(settings: RunSettings): Promise<Record<string, unknown>> {
  const graph = { operators: new Set(["ai.onnx:MatMul"]), dataFiles: [], inputs: [], outputs: [] };
  const { sessionOptions } = await prepareToRun(
    {} as ModelFolder,
    graphFileOfDtype("fp32"),
    graph,
    settings,
  );
  return sessionOptions;
}
