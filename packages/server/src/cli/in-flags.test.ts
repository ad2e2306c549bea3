import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Embedder, type LoadOptions } from "@embeddinggemma/core";
import { modelPath } from "@embeddinggemma/tiny-model";
import { expect, it } from "vitest";
import { inFlags } from "./in-flags.ts";

async function failure(options: unknown, model = modelPath): Promise<string> {
  const loading = Embedder.load(model, options as LoadOptions);
  const error = await loading.catch((reason: Error) => reason);
  return inFlags((error as Error).message);
}

it.each([
  [{ truncateDim: 100 }, /^The model was .* 100 dim.* Use 768, .*128 as --truncate-dim\.$/],
  [{ dtype: "fp31" }, /^--dtype must be /],
  [{ threads: 0 }, /^--threads must be /],
])("names the flags for %j", async (options, message) => {
  expect(await failure(options)).toMatch(message);
});

it("names --offline", async () => {
  const cacheDir = await mkdtemp(join(tmpdir(), "server-flags-"));
  const message = await failure({ cacheDir, localFilesOnly: true }, "owner/none");
  expect(message).toContain(" (--offline or HF_HUB_OFFLINE).");
  await rm(cacheDir, { recursive: true });
});

it("names flags that have another name than the option", () => {
  const message = 'Set the option `token`, or `cacheDir`. It has a.onnx (set dtype: "q8").';
  const expected = "Set --hf-token, or --cache-dir. It has a.onnx (--dtype q8).";
  expect(inFlags(message)).toBe(expected);
});
