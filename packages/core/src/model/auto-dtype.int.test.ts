import { cp, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { setUpHub, weights } from "../../test-support/hub-setup.ts";
import { Embedder } from "../embedder.ts";
import type { LoadOptions } from "../options.ts";

const fixture = fileURLToPath(new URL("../../../../test/fixtures/embeddinggemma", import.meta.url));

async function loadedBy(model: string, options: LoadOptions = {}) {
  await using embedder = await Embedder.load(model, options);
  const { dtype, dtypeReason, identity } = embedder;
  return { dtype, dtypeReason, identity };
}

describe("in a folder", () => {
  /** A folder in which the same graph stands for these dtypes. */
  async function folderWith(...files: string[]): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "auto-dtype-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    await cp(fixture, folder, { recursive: true });
    const graph = join(folder, "graph");
    await rename(join(folder, "onnx/model.onnx"), graph);
    for (const file of files) await cp(graph, join(folder, file));
    return folder;
  }

  test("it is q8, with the identity of q8", async () => {
    const folder = await folderWith("onnx/model.onnx", "onnx/model_quantized.onnx");
    const named = await loadedBy(folder, { dtype: "q8" });
    expect(named).toMatchObject({ dtype: "q8", dtypeReason: null });
    for (const options of [{}, { dtype: "auto" as const }]) {
      expect(await loadedBy(folder, options)).toEqual({
        ...named,
        dtypeReason: expect.stringMatching(/^q8: on cpu, /),
      });
    }
  });

  test("it is the next best, which it says", async () => {
    const folder = await folderWith("onnx/model.onnx", "onnx/model_q4.onnx");
    expect(await loadedBy(folder)).toEqual({
      ...(await loadedBy(folder, { dtype: "fp32" })),
      dtypeReason: "fp32: on cpu, the next best after q8, which the model lacks",
    });
  });

  test("it is looked for in the subfolder", async () => {
    const folder = await folderWith("model_q4.onnx", "onnx/model_quantized.onnx");
    expect(await loadedBy(folder, { subfolder: "" })).toMatchObject({ dtype: "q4" });
  });

  test("without any, the error lists the files", async () => {
    const folder = await folderWith("onnx/odd.onnx");
    await expect(loadedBy(folder)).rejects.toMatchObject({
      code: "MODEL_FILE_MISSING",
      message: expect.stringMatching(/no onnx\/model_quantized.*set modelFile: "odd"/),
    });
  });

  test("beside a file that the options name, it has no effect", async () => {
    const folder = await folderWith("onnx/odd_q4.onnx", "onnx/model_quantized.onnx");
    expect(await loadedBy(folder, { modelFile: "odd_q4", dtype: "auto" })).toMatchObject({
      dtype: "q4",
      dtypeReason: null,
    });
  });
});

describe("on the Hub", () => {
  const setup = setUpHub();
  const q8 = "onnx/model_quantized.onnx";
  const load = async (options: LoadOptions = {}) => {
    await using embedder = await setup.load({ dtype: "auto", ...options });
    return [embedder.dtype, embedder.identity];
  };

  test("a file that the repository lacks is asked for once, also offline", async () => {
    const [dtype, identity] = await load();
    expect(dtype).toBe("fp32");
    expect(await load()).toEqual([dtype, identity]);
    expect(await load({ localFilesOnly: true })).toEqual([dtype, identity]);
    expect(setup.hub.countOf("GET", q8)).toBe(1);
    expect(setup.hub.countOf("GET", weights)).toBe(1);
    for (const other of ["q4", "fp16", "int8"]) {
      expect(setup.hub.countOf("GET", `onnx/model_${other}.onnx`)).toBe(0);
    }
  });

  test("offline, no other file is taken than online", async () => {
    await setup.load({ dtype: "fp32" }).then((embedder) => embedder.dispose());
    await expect(load({ localFilesOnly: true })).rejects.toMatchObject({
      code: "MODEL_FILE_MISSING",
      message: expect.stringMatching(/model_quantized\.onnx .* not in the cache .* dtype: "fp32"/),
    });
    expect(setup.hub.countOf("GET", q8)).toBe(0);
  });

  test("a file that is listed, but not found, is an error", async () => {
    setup.hub.misbehave = ({ file }, response) => {
      const siblings = [q8, weights, "config.json"].map((rfilename) => ({ rfilename }));
      return file === "(file list)" && Boolean(response.end(JSON.stringify({ siblings })));
    };
    await expect(load()).rejects.toMatchObject({ code: "DOWNLOAD_FAILED", details: { file: q8 } });
  });
});
