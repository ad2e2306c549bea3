import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { graphFileOfDtype, namedGraphFile } from "../runtime/graph-file.ts";
import type { ModelDescription } from "./description.ts";
import { describeModel } from "./description.ts";
import { embeddingIdentity, modelIdentity, sourceOf } from "./identity.ts";

const fp32 = graphFileOfDtype("fp32");
const q8 = graphFileOfDtype("q8");

const description: ModelDescription = {
  prompts: { query: "query: ", document: "passage: " },
  defaultPromptName: null,
  similarityFunction: "cosine",
  maxTokens: 512,
  pooling: ["mean"],
  includePrompt: true,
  denseLayers: 0,
  normalized: true,
  dimension: 384,
  matryoshkaDimensions: [384],
  selfCheck: null,
  family: null,
} as ModelDescription;

describe("sourceOf", () => {
  const local = (contents: Record<string, string>) => ({
    commit: null,
    digest: async (name: string) => contents[name] ?? null,
  });

  it("contains the commit of a repository on the Hub", async () => {
    const commit = "0123456789abcdef0123456789abcdef01234567";
    expect(await sourceOf("owner/name", q8, { ...local({}), commit }, [])).toBe(
      `owner/name@${commit}`,
    );
  });

  it("identifies folders by their content, not by their path", async () => {
    const files = { "tokenizer.json": "a", "tokenizer_config.json": "b", "onnx/model.onnx": "c" };
    const here = await sourceOf("/here", fp32, local(files), []);
    expect(here).toMatch(/^sha256:[0-9a-f]{32}$/);
    expect(await sourceOf("C:\\there", fp32, local({ ...files }), [])).toBe(here);
    for (const name of Object.keys(files)) {
      const changed = local({ ...files, [name]: "other" });
      expect(await sourceOf("/here", fp32, changed, [])).not.toBe(here);
    }
  });

  // Saved stores contain these strings.
  it.each([
    [{}, "491895fbf525f00ee4db4c6706c8ce7d"],
    [{ "onnx/model.onnx_data": "d" }, "63b5979287fdf365bc8d4d955dd4b7e2"],
    [
      { "onnx/model.onnx_data": "d", "onnx/model.onnx_data_1": "e" },
      "8840587af8d58f3f87cd442207ada610",
    ],
  ])("stays the same as in saved stores with %j", async (dataFiles, digest) => {
    const files = { "tokenizer.json": "a", "tokenizer_config.json": "b", "onnx/model.onnx": "c" };
    const source = await sourceOf(
      "/here",
      fp32,
      local({ ...files, ...dataFiles }),
      Object.keys(dataFiles),
    );
    expect(source).toBe(`sha256:${digest}`);
  });

  it("depends on names and content of all data files that the graph names", async () => {
    const graph = { "tokenizer.json": "a", "tokenizer_config.json": "b", "onnx/model.onnx": "c" };
    const source = (dataFiles: Record<string, string>) =>
      sourceOf("/here", fp32, local({ ...graph, ...dataFiles }), Object.keys(dataFiles));
    const variants: Record<string, string>[] = [
      {},
      { "onnx/model.onnx_data": "d" },
      { "onnx/model.onnx_data": "d", "onnx/model.onnx_data_1": "e" },
      { "onnx/model.onnx_data": "d", "onnx/model.onnx_data_2": "e" },
      { "onnx/model.onnx.data": "d" },
      { "onnx/model.onnx.data": "e" },
      { "onnx/weights.bin": "d" },
      { "onnx/weights/1": "d", "onnx/weights/2": "e" },
      { "onnx/weights/1": "e", "onnx/weights/2": "d" },
      { "onnx/weights/1": "d", "onnx/weights/2": "e", "onnx/weights/3": "d" },
      { "onnx/model_quantized.onnx_data": "d" },
    ];
    const sources = await Promise.all(variants.map(source));
    expect(new Set(sources).size).toBe(sources.length);
  });

  it("identifies the content if the revision is not a commit", async () => {
    const folder = { ...local({ "tokenizer.json": "a" }), commit: "main" };
    expect(await sourceOf("owner/name", q8, folder, [])).toMatch(/^sha256:/);
  });
});

describe("modelIdentity", () => {
  const base = modelIdentity("owner/name@commit", q8, description);

  it("is the same string in every run and on every machine", () => {
    // The digest was computed in Python:
    // sha256(json.dumps(recipe, sort_keys=True, separators=(",", ":")))
    expect(base).toBe("owner/name@commit?dtype=q8&recipe=1.a8a4bcc976ae4bbc");
  });

  it("names the file, unless it is the one of its dtype", () => {
    const identity = (modelFile: string, subfolder?: string) =>
      modelIdentity("m", namedGraphFile({ modelFile, subfolder })!, description);
    const recipe = "recipe=1.a8a4bcc976ae4bbc";
    expect(identity("model_quantized")).toBe(`m?dtype=q8&${recipe}`);
    expect(identity("model_no_gather_q4")).toBe(
      `m?dtype=q4&file=onnx/model_no_gather_q4.onnx&${recipe}`,
    );
    expect(identity("model", "")).toBe(`m?dtype=fp32&file=model.onnx&${recipe}`);
    expect(identity("a&b?", "x y")).toBe(`m?dtype=fp32&file=x%20y/a%26b%3F.onnx&${recipe}`);
  });

  // Saved stores contain these strings, so only a new recipeVersion may change them.
  it.each([
    ["bert-cls", "27afdc4113cab387"],
    ["bert-mean", "4ea712acd23b1aad"],
    ["embeddinggemma", "e7d459528b71948d"],
    ["embeddinggemma-2", "74d4a09a14842501"],
    ["include-prompt-false", "448741762c53999c"],
    ["qwen3-last-token", "403d7bdc9bb242d0"],
    ["xlm-roberta-unigram", "ebf5a01f2c825291"],
  ])("of %s stays the same as in saved stores", async (fixture, digest) => {
    const folder = fileURLToPath(new URL(`../../../../test/fixtures/${fixture}/`, import.meta.url));
    const described = await describeModel(fixture, (file) =>
      readFile(folder + file, "utf8").catch(() => null),
    );
    expect(modelIdentity("m", q8, described)).toBe(`m?dtype=q8&recipe=1.${digest}`);
  });

  it("changes with everything that changes the full vector", () => {
    const changes: Partial<ModelDescription>[] = [
      { pooling: ["cls"] },
      { maxTokens: 256 },
      { truncationSide: "left" },
      { lowerCase: true },
      { includePrompt: false },
      { poolsHiddenStates: true },
      { denseLayers: 2 },
      { normalized: false },
      { dimension: 768 },
    ];
    for (const change of changes) {
      expect(modelIdentity("owner/name@commit", q8, { ...description, ...change })).not.toBe(base);
    }
    expect(modelIdentity("owner/name@commit", fp32, description)).not.toBe(base);
    expect(modelIdentity("owner/name@other", q8, description)).not.toBe(base);
  });

  it("does not change with prompts and properties that do not change the vector", () => {
    const changes: Partial<ModelDescription>[] = [
      { prompts: { query: "", document: "" } },
      { defaultPromptName: "query" },
      { similarityFunction: "dot" },
      { matryoshkaDimensions: [384, 128] },
    ];
    for (const change of changes) {
      expect(modelIdentity("owner/name@commit", q8, { ...description, ...change })).toBe(base);
    }
  });
});

describe("embeddingIdentity", () => {
  const settings = { dimension: 256, normalize: true };
  const base = embeddingIdentity("model", description, settings);

  it("adds prompts, dimension and normalization", () => {
    expect(base).toMatch(/^model&prompts=[0-9a-f]{16}&dimension=256&normalize=true$/);
    expect(embeddingIdentity("model", description, { ...settings, dimension: 128 })).not.toBe(base);
    expect(embeddingIdentity("model", description, { ...settings, normalize: false })).not.toBe(
      base,
    );
    expect(
      embeddingIdentity("model", { ...description, defaultPromptName: "query" }, settings),
    ).not.toBe(base);
    const prompts = { ...description.prompts, query: "Query: " };
    expect(embeddingIdentity("model", { ...description, prompts }, settings)).not.toBe(base);
  });

  it("does not depend on the order of the prompts", () => {
    const prompts = { document: "passage: ", query: "query: " };
    expect(embeddingIdentity("model", { ...description, prompts }, settings)).toBe(base);
  });
});
