import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Adapter, type AdapterParts, Embedder } from "@embeddinggemma/core";
import { readSafetensors } from "@embeddinggemma/internal";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { exportSentenceTransformers } from "./export-sentence-transformers.ts";

const inTests = (path: string) =>
  fileURLToPath(new URL(`../../../../test/${path}`, import.meta.url));
const golden = JSON.parse(await readFile(inTests("golden/adapters.json"), "utf8")) as {
  texts: string[];
  models: Record<"query" | "both", { files: Record<string, string>; vectors: Vectors }>;
};
type Vectors = Record<string, string[]>;
const { adapters: parts } = (await import(inTests("reference/adapters.mjs"))) as {
  adapters: Record<"query" | "both", Omit<AdapterParts, "base">>;
};

const { texts } = golden;
const root = await mkdtemp(join(tmpdir(), "export-"));
const embedder = await Embedder.load(inTests("fixtures/embeddinggemma"), {
  dtype: "fp32",
  normalize: false,
});
let count = 0;
let base: string;
let output: string;

afterAll(async () => {
  await embedder.dispose();
  await rm(root, { recursive: true });
});

/** A folder of Sentence Transformers. The weights of the base model are an empty file. */
beforeEach(async () => {
  base = join(root, `base-${count}`);
  output = join(root, `output-${count++}`);
  await cp(inTests("fixtures/embeddinggemma"), base, { recursive: true });
  await writeFile(join(base, "model.safetensors"), "");
  await mkdir(join(base, "3_Dense"), { recursive: true });
  await writeFile(join(base, "3_Dense", "config.json"), JSON.stringify({ out_features: 768 }));
});

function adapterOf(kind: "query" | "both"): Adapter {
  const { model, modelIdentity: identity } = embedder;
  return Adapter.from({ ...parts[kind], base: { model, identity } });
}

function expectClose(actual: readonly Float32Array[], expected: readonly string[]): void {
  for (const [row, text] of expected.entries()) {
    const bytes = new Uint8Array(Buffer.from(text, "base64"));
    const numbers = new Float32Array(bytes.buffer);
    expect(actual[row]!.length).toBe(numbers.length);
    const differences = actual[row]!.map((value, index) => Math.abs(value - numbers[index]!));
    expect(Math.max(...differences)).toBeLessThan(1e-5);
  }
}

describe.each(["query", "both"] as const)("an adapter (%s)", (kind) => {
  const { files, vectors } = golden.models[kind];
  const ofPython = (call: string) => vectors[call]!;

  test("gives the vectors of Python's Sentence Transformers", async () => {
    const tuned = embedder.withAdapter(adapterOf(kind));
    const asQuery = { promptName: "query" };
    expectClose(await tuned.encodeQuery(texts), ofPython("encode_query"));
    expectClose(await tuned.encodeDocument(texts), ofPython("encode_document"));
    expectClose(await tuned.encode(texts), ofPython("encode"));
    expectClose(await tuned.encode(texts, asQuery), ofPython("encode with prompt_name and task"));
    expectClose(
      await tuned.encodeQuery(texts, { truncateDim: 128 }),
      ofPython("encode_query to 128"),
    );
    // Without a task, Python takes the route of documents, whatever the prompt.
    const documentSide = await tuned.encodeDocument(texts, asQuery);
    expectClose(documentSide, ofPython("encode with prompt_name"));
  });

  test("changes the vectors that it should, and no others", async () => {
    const change = async (method: "encodeQuery" | "encodeDocument") => {
      const tuned = await embedder.withAdapter(adapterOf(kind))[method](texts);
      return embedder.similarity(tuned[0]!, (await embedder[method](texts))[0]!)[0]![0]!;
    };
    expect(await change("encodeQuery")).toBeLessThan(0.95);
    if (kind === "both") expect(await change("encodeDocument")).toBeLessThan(0.95);
    else expect(await change("encodeDocument")).toBeCloseTo(1, 6);
  });

  test("is exported as the files that Python has loaded", async () => {
    await exportSentenceTransformers(adapterOf(kind), { base, output });
    for (const [file, expected] of Object.entries(files)) {
      const digest = createHash("sha256")
        .update(await readFile(join(output, file)))
        .digest("hex");
      expect([file, digest]).toEqual([file, expected]);
    }
    const names = await readdir(output);
    expect(names).toContain("tokenizer.json");
    expect(names).not.toContain("onnx");
    expect((await readdir(root)).filter((name) => name.startsWith("."))).toEqual([]);
  });
});

test("the weight is the transpose of 1 + Δ", async () => {
  const delta = Float32Array.of(1, 2, 3, 4);
  const { base: of } = adapterOf("both");
  const adapter = Adapter.from({ sides: "both", dimension: 2, weights: { delta }, base: of });
  await writeFile(join(base, "3_Dense", "config.json"), JSON.stringify({ out_features: 2 }));
  await exportSentenceTransformers(adapter, { base, output });
  const bytes = await readFile(join(output, "5_Dense", "model.safetensors"));
  const tensors = readSafetensors(bytes, (problem) => new Error(problem));
  expect([...tensors]).toEqual([
    ["linear.weight", { shape: [2, 2], data: Float32Array.of(2, 3, 2, 5) }],
  ]);
});

test("a model without Normalize gets none", async () => {
  const modules = JSON.parse(await readFile(join(base, "modules.json"), "utf8")) as unknown[];
  await writeFile(join(base, "modules.json"), JSON.stringify(modules.slice(0, -1)));
  await exportSentenceTransformers(adapterOf("query"), { base, output });
  const written = JSON.parse(await readFile(join(output, "modules.json"), "utf8")) as object[];
  expect(written.slice(-1)).toEqual([
    { idx: 4, name: "4", path: "4_Router", type: "sentence_transformers.models.Router" },
  ]);
  const router = await readFile(join(output, "4_Router", "router_config.json"), "utf8");
  expect(JSON.parse(router)).toMatchObject({
    structure: { query: ["query_0_Dense"], document: ["document_0_Dropout"] },
  });
});

test("an empty output folder is used", async () => {
  await mkdir(output);
  await exportSentenceTransformers(adapterOf("both"), { base, output });
  expect(await readdir(output)).toContain("5_Dense");
});

describe("what cannot be exported is refused, and nothing is written", () => {
  test.each<[string, string, RegExp, () => unknown]>([
    ["no folder", "MODEL_NOT_FOUND", /There is no folder/, () => rm(base, { recursive: true })],
    [
      "no modules.json",
      "MODEL_FILE_MISSING",
      /has no modules.json.*take the one that it was converted from/,
      () => rm(join(base, "modules.json")),
    ],
    [
      "ONNX files alone",
      "MODEL_FILE_MISSING",
      /has no weights for PyTorch.*take the model that it was converted from/,
      () => rm(join(base, "model.safetensors")),
    ],
    [
      "not JSON",
      "MODEL_FILE_INVALID",
      /modules.json of .* is not valid JSON/,
      () => writeFile(join(base, "modules.json"), "["),
    ],
    [
      "no modules",
      "MODEL_FILE_INVALID",
      /is not a list of modules/,
      () => writeFile(join(base, "modules.json"), "[{}]"),
    ],
    [
      "another dimension",
      "ADAPTER_MISMATCH",
      /vectors of 768 numbers, but those of .* have 48/,
      () => writeFile(join(base, "3_Dense", "config.json"), JSON.stringify({ out_features: 48 })),
    ],
    [
      "files in the output",
      "INVALID_ARGUMENT",
      /output must be a folder that does not exist or is empty/,
      async () => {
        await mkdir(output);
        await writeFile(join(output, "notes.txt"), "");
      },
    ],
    [
      "an output inside the base",
      "INVALID_ARGUMENT",
      /output must be a folder outside/,
      () => {
        output = join(base, "tuned");
      },
    ],
    [
      "a file as output",
      "INVALID_ARGUMENT",
      /output must be a folder/,
      () => writeFile(output, ""),
    ],
  ])("%s", async (_name, code, message, prepare) => {
    await prepare();
    const before = await readdir(root);
    await expect(exportSentenceTransformers(adapterOf("both"), { base, output })).rejects.toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
    expect(await readdir(root)).toEqual(before);
  });

  test("wrong arguments", async () => {
    const adapter = adapterOf("both");
    await expect(exportSentenceTransformers("./folder" as never, { base, output })).rejects.toThrow(
      /Load it first: `await Adapter.load\(folder\)`/,
    );
    await expect(exportSentenceTransformers(adapter, { base } as never)).rejects.toThrow(
      /output must be a path/,
    );
    const unknown = { base, output, folder: "a" } as never;
    await expect(exportSentenceTransformers(adapter, unknown)).rejects.toThrow(
      /no option `folder`/,
    );
  });
});
