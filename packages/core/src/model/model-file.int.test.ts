import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { moveWeightsOut } from "../../test-support/external-data.ts";
import { Embedder } from "../embedder.ts";
import { LazyEmbedder } from "../lazy-embedder.ts";
import type { LoadOptions } from "../options.ts";

const fixture = fileURLToPath(new URL("../../../../test/fixtures/embeddinggemma", import.meta.url));
const text = "Mars is red.";

let parent: string;
let folder: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "model-file-"));
  folder = join(parent, "model");
  await cp(fixture, folder, { recursive: true });
});

afterEach(() => rm(parent, { recursive: true }));

async function moveGraphTo(path: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await rename(join(folder, "onnx/model.onnx"), join(folder, path));
}

async function vectorOf(options: LoadOptions, model = folder): Promise<Float32Array> {
  await using embedder = await Embedder.load(model, options);
  return embedder.encode(text);
}

describe("an ONNX file with a name of its own is loaded", () => {
  test.for<[string, LoadOptions]>([
    ["onnx/model_no_gather_q4.onnx", { modelFile: "model_no_gather_q4" }],
    ["onnx/model_no_gather_q4.onnx", { modelFile: "model_no_gather", dtype: "q4" }],
    ["onnx/model_qint8_avx512_vnni.onnx", { modelFile: "onnx/model_qint8_avx512_vnni.onnx" }],
    ["onnx/größe 1 #2%.onnx", { modelFile: "größe 1 #2%.onnx" }],
    ["model.onnx", { subfolder: "", dtype: "fp32" }],
    ["model_quantized.onnx", { subfolder: "" }],
    ["my exports/int8/weights.onnx", { modelFile: "my exports/int8/weights" }],
  ])("%s with %j", async ([path, options]) => {
    const expected = await vectorOf({ dtype: "fp32" }, fixture);
    await moveGraphTo(path);
    expect(await vectorOf(options)).toEqual(expected);
    await moveWeightsOut(join(folder, path), ["weights.bin", "more/weights.bin"]);
    expect(await vectorOf(options)).toEqual(expected);
    await rm(join(dirname(join(folder, path)), "more/weights.bin"));
    const missing = `${dirname(path) === "." ? "" : `${dirname(path)}/`}more/weights.bin`;
    await expect(vectorOf(options)).rejects.toMatchObject({
      code: "MODEL_FILE_MISSING",
      details: { file: missing },
    });
  });
});

test("its weights and its name count for the identity", async () => {
  const identityOf = async (options: LoadOptions) => {
    await using embedder = await Embedder.load(folder, options);
    return embedder.identity;
  };
  const weights = ["model_a.onnx_data", "model_b.bin"];
  await moveWeightsOut(join(folder, "onnx/model.onnx"), weights);
  await cp(join(folder, "onnx/model.onnx"), join(folder, "onnx/model_a.onnx"));
  const plain = await identityOf({ dtype: "fp32" });
  const named = await identityOf({ modelFile: "model_a" });
  expect(plain).toMatch(/^sha256:[0-9a-f]{32}\?dtype=fp32&recipe=/);
  expect(named).toMatch(/^sha256:[0-9a-f]{32}\?dtype=fp32&file=onnx\/model_a\.onnx&recipe=/);
  expect(await identityOf({ modelFile: "model.onnx" })).toBe(plain);
  for (const file of weights) {
    const path = join(folder, "onnx", file);
    const before = await readFile(path);
    const changed = Buffer.from(before);
    changed[changed.length >> 1]! ^= 1;
    await writeFile(path, changed);
    expect(await identityOf({ modelFile: "model_a" })).not.toBe(named);
    await writeFile(path, before);
  }
  expect(await identityOf({ modelFile: "model_a" })).toBe(named);
});

describe("an ONNX file that is missing", () => {
  test("is an error with the options of those that are there", async () => {
    for (const path of [
      "model.onnx",
      "onnx/model_q4.onnx",
      "onnx/model_no_gather_q4.onnx",
      "weights.onnx",
      "int8/model.onnx",
    ]) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await cp(join(folder, "onnx/model.onnx"), join(folder, path));
    }
    const options = [
      { path: "onnx/model.onnx", set: { dtype: "fp32" } },
      { path: "onnx/model_q4.onnx", set: { dtype: "q4" } },
      { path: "int8/model.onnx", set: { modelFile: "int8/model" } },
      { path: "model.onnx", set: { subfolder: "", dtype: "fp32" } },
      { path: "onnx/model_no_gather_q4.onnx", set: { modelFile: "model_no_gather_q4" } },
      { path: "weights.onnx", set: { subfolder: "", modelFile: "weights" } },
    ] as const;
    const listed = options.map(({ path, set }) => {
      const written = Object.entries(set).map(([name, value]) => `${name}: "${value}"`);
      return `${path} (set ${written.join(", ")})`;
    });
    await expect(vectorOf({ modelFile: "model_O3" })).rejects.toMatchObject({
      code: "MODEL_FILE_MISSING",
      message: `"${folder}" has no onnx/model_O3.onnx. It has ${listed.join(", ")}.`,
      details: { file: "onnx/model_O3.onnx" },
    });
    for (const { set } of options) expect(await vectorOf(set)).toHaveLength(768);
  });
});

describe("a folder for Sentence Transformers in Python, without ONNX files", () => {
  async function messageOf(name: string, weights = "model.safetensors"): Promise<string> {
    const model = join(parent, name);
    await mkdir(dirname(model), { recursive: true });
    await rename(folder, model);
    await rm(join(model, "onnx"), { recursive: true });
    await writeFile(join(model, weights), "weights");
    return Embedder.load(model, { truncateDim: 256, allowUntrainedDim: true }).then(
      () => "loaded",
      ({ code, message }) => `${code}: ${message}`,
    );
  }
  const page =
    "https://github.com/embeddinggemma-js/embeddinggemma-js/blob/main/docs/embed/export-onnx.md";

  test.for(["embeddinggemma-300m", "models--google--embeddinggemma-300m/snapshots/0123"])(
    "is pointed to its conversion: %s",
    async (name) => {
      const message = await messageOf(name);
      expect(message).toMatch(/^MODEL_FILE_MISSING: .* has no onnx\/model_quantized\.onnx, /);
      expect(message).toContain(
        'no ONNX files. Load "onnx-community/embeddinggemma-300m-ONNX", which has. Or export it',
      );
    },
  );

  test.for([
    ["my-model", "model.safetensors"],
    ["embeddinggemma-300m-my-fine-tune", "model-00001-of-00002.safetensors"],
    ["models--acme--embeddinggemma-300m/snapshots/0123", "model.safetensors"],
    ["old", "pytorch_model.bin"],
  ] as const)("is pointed to the export: %s with %s", async ([name, weights]) => {
    const message = await messageOf(name, weights);
    expect(message).toContain(`no ONNX files. Export it to ONNX: ${page}.`);
    expect(message).not.toContain("onnx-community");
  });

  test("is pointed to a page that exists", async () => {
    const docs = new URL("../../../../docs/embed/export-onnx.md", import.meta.url);
    expect(page.endsWith("/docs/embed/export-onnx.md")).toBe(true);
    expect(await readFile(docs, "utf8")).toContain("export_onnx.py");
  });
});

test.for<[LoadOptions, RegExp]>([
  [{ modelFile: "../model" }, /modelFile must be the name .* "\.\.\/model" was given/],
  [{ modelFile: "/etc/model.onnx" }, /modelFile must be/],
  [{ modelFile: "..\\model" }, /modelFile must be/],
  [{ modelFile: "" }, /modelFile must be/],
  [{ subfolder: "onnx/.." }, /subfolder must be a folder in that of the model/],
  [{ subfolder: "/" }, /subfolder must be/],
  [{ subfolder: 5 as unknown as string }, /subfolder must be/],
  [{ modelFile: "model_q4", dtype: "fp32" }, /is a file of dtype q4/],
  [{ file_name: "model" } as LoadOptions, /Did you mean `modelFile`/],
  [{ model_file_name: "model" } as LoadOptions, /Did you mean `modelFile`/],
])("%j is refused before anything is loaded", async ([options, message]) => {
  const refusal = { code: "INVALID_ARGUMENT", message: expect.stringMatching(message) };
  await expect(Embedder.load("owner/model", options)).rejects.toMatchObject(refusal);
  expect(() => new LazyEmbedder({ model: "owner/model", ...options })).toThrow(
    expect.objectContaining(refusal),
  );
});
