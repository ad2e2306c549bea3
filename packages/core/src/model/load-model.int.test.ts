import { cp, mkdtemp, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { moveWeightsOut } from "../../test-support/external-data.ts";
import { quantizeGraph } from "../../test-support/quantized-graph.ts";
import { Embedder } from "../embedder.ts";
import type { LoadOptions } from "../options.ts";
import { loadModel } from "./load-model.ts";

const fixture = fileURLToPath(new URL("../../../../test/fixtures/embeddinggemma", import.meta.url));

let parent: string;
let folder: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "model-"));
  folder = join(parent, "model");
  await cp(fixture, folder, { recursive: true });
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(parent, { recursive: true });
});

const load = (options: LoadOptions = {}, model: string | URL = folder) =>
  Embedder.load(model, { dtype: "fp32", ...options });

async function edit(
  file: string,
  change: (content: Record<string, unknown>) => void,
): Promise<void> {
  const path = join(folder, file);
  const content = JSON.parse(await readFile(path, "utf8"));
  change(content);
  await writeFile(path, JSON.stringify(content));
}

describe("a folder", () => {
  test.for<[form: string, of: () => string | URL]>([
    ["a path", () => folder],
    ["a file: URL", () => pathToFileURL(folder).href],
    ["a URL", () => pathToFileURL(folder)],
    ["a path with a slash at the end", () => `${folder}/`],
    ["a path with ~", () => "~/model"],
  ])("can be given as %s", async ([, of]) => {
    vi.stubEnv("HOME", parent);
    await using embedder = await load({}, of());
    expect(embedder).toMatchObject({
      dimension: 768,
      maxTokens: 2048,
      defaultPromptName: null,
      similarityFunction: "cosine",
    });
    expect(Object.keys(embedder.prompts)).toHaveLength(14);
  });

  test("has no revisions", async () => {
    await expect(load({ revision: "v2" })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(/^The option `revision` cannot take effect: .* is a folder/),
    });
    await (await load({ revision: "main" })).dispose();
  });

  test("can have a default prompt, which encode uses", async () => {
    await edit("config_sentence_transformers.json", (config) => {
      config.default_prompt_name = "STS";
    });
    await using embedder = await load();
    expect(await embedder.encode("text")).toEqual(
      await embedder.encode("text", { promptName: "STS" }),
    );
  });

  test("can be loaded with other prompts", async () => {
    await using embedder = await load({ prompts: { query: "ask: ", mine: "mine: " } });
    expect(embedder.prompts).toEqual({ query: "ask: ", document: "", mine: "mine: " });
    expect(await embedder.encodeQuery("x")).toEqual(
      await embedder.encode("x", { prompt: "ask: " }),
    );
  });

  test("can be loaded with a smaller maximum length, but not with a larger one", async () => {
    await using short = await load({ maxTokens: 8 });
    await using long = await load({ maxTokens: 100_000 });
    expect([short.maxTokens, long.maxTokens]).toEqual([8, 2048]);
  });
});

test("a model that is ready knows the operators of its graph", async () => {
  const { operators, backend } = await loadModel(folder, { dtype: "fp32" });
  expect(operators?.has(":MatMul")).toBe(true);
  expect(operators?.has("com.microsoft:MatMulNBits")).toBe(false);
  await backend.dispose();
});

describe("a model that is loaded twice", () => {
  test("shares its weights until both are disposed", async () => {
    const [first, second] = await Promise.all([
      load(),
      load({ truncateDim: 256, allowUntrainedDim: true }),
    ]);
    const third = await load();
    await first.dispose();
    expect(await second.encode("x")).toHaveLength(256);
    await second.dispose();
    expect(await third.encode("x")).toHaveLength(768);
    await third.dispose();
  });

  test("is loaded again after a failure", async () => {
    const weights = join(folder, "onnx/model.onnx");
    await rename(weights, `${weights}.away`);
    await expect(load()).rejects.toMatchObject({ code: "MODEL_FILE_MISSING" });
    await rename(`${weights}.away`, weights);
    await using embedder = await load();
    expect(await embedder.encode("x")).toHaveLength(768);
  });
});

describe("a model that cannot be loaded is an error with advice", () => {
  test.for<[string | URL, LoadOptions, { code: string; message: RegExp }]>([
    [
      "nowhere/to/be/found",
      {},
      { code: "MODEL_NOT_FOUND", message: /is not the id of a repository/ },
    ],
    [
      "tiny", // of the command line
      {},
      { code: "MODEL_NOT_FOUND", message: /pass the `modelPath` that @embeddinggemma\/tiny-model/ },
    ],
    ["../missing", {}, { code: "MODEL_NOT_FOUND", message: /There is no folder \/.*missing/ }],
    ["", {}, { code: "INVALID_ARGUMENT", message: /Hub id or a folder/ }],
    ["file:model", {}, { code: "INVALID_ARGUMENT", message: /cannot be relative/ }],
    [
      new URL("https://example.com/model"),
      {},
      { code: "MODEL_NOT_FOUND", message: /neither a folder .* nor the id .* download it first/ },
    ],
    [{} as string, {}, { code: "INVALID_ARGUMENT", message: /Hub id or a folder/ }],
  ])("model %j", async ([model, options, { code, message }]) => {
    await expect(load(options, model)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  test("a folder in that of a model", async () => {
    const path = join(fixture, "onnx");
    await expect(Embedder.load(path)).rejects.toMatchObject({
      code: "MODEL_FILE_MISSING",
      message: `${path} has no config.json, but its parent folder is a model. Pass ${fixture}.`,
    });
  });

  test("a folder of another kind", async () => {
    await writeFile(join(parent, "faiss-store.json"), "{}");
    await expect(load({}, parent)).rejects.toMatchObject({
      code: "MODEL_FILE_MISSING",
      message:
        `${parent} is a store that \`save\` wrote. It contains no model. ` +
        "Open it with FaissStore.open, or in LangChain.js with FaissStore.load.",
    });
    await cp(folder, parent, { recursive: true });
    await (await load({}, parent)).dispose();
  });

  test.for<[LoadOptions, string, RegExp]>([
    [
      { dtype: "q8" },
      "MODEL_FILE_MISSING",
      /no onnx\/model_quantized\.onnx, the file of dtype q8\. It has .*\(set dtype: "fp32"\)\./,
    ],
    [{ dtype: "int3" as "q8" }, "INVALID_ARGUMENT", /one of fp32, fp16, q8/],
    [{ device: "quantum" }, "LOAD_FAILED", /on device quantum.*quantum/],
    [
      { prompts: { query: 5 as unknown as string } },
      "INVALID_ARGUMENT",
      /prompts must be an object of strings/,
    ],
    [{ prompts: ["query: "] as never }, "INVALID_ARGUMENT", /prompts .* an array of 1 was given/],
    [
      { prompts: new Map([["query", "query: "]]) as never },
      "INVALID_ARGUMENT",
      /prompts must be an object of strings.* \(Map\) was given/,
    ],
    [{ cacheDir: 5 as unknown as string }, "INVALID_ARGUMENT", /cacheDir must be a string/],
    [
      { normalize: "yes" as unknown as boolean, device: "quantum" },
      "INVALID_ARGUMENT",
      /normalize must be true or false/,
    ],
    [
      { onProgress: () => {} } as LoadOptions,
      "INVALID_ARGUMENT",
      /`onProgress` is now called `onDownloadProgress`/,
    ],
    [{ threads: 0 }, "INVALID_ARGUMENT", /threads must be a whole number/],
    [{ maxTokens: -1 }, "INVALID_ARGUMENT", /maxTokens must be a whole number/],
    [{ truncateDim: 300 }, "UNTRAINED_DIMENSION", /768, 512, 256, 128/],
    [{ truncateDim: 1000 }, "INVALID_ARGUMENT", /from 1 to 768/],
    [
      { sessionOptions: { graphOptimizationLevel: "nonsense" } },
      "LOAD_FAILED",
      /nonsense|graphOptimizationLevel/i,
    ],
  ])("%j", async ([options, code, message]) => {
    await edit("config.json", (config) => {
      config.matryoshka_dimensions = [768, 512, 256, 128];
    });
    await expect(load(options)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  test.for<[string, (path: string) => Promise<void>, { code: string; message: RegExp }]>([
    ["config.json", (path) => rm(path), { code: "MODEL_FILE_MISSING", message: /no config\.json/ }],
    [
      "config.json",
      (path) => writeFile(path, "{"),
      { code: "MODEL_FILE_INVALID", message: /config\.json .* not valid JSON/ },
    ],
    [
      "tokenizer.json",
      (path) => rm(path),
      { code: "MODEL_FILE_MISSING", message: /no tokenizer\.json/ },
    ],
    ["tokenizer.json", (path) => writeFile(path, "{"), { code: "LOAD_FAILED", message: /JSON/ }],
    [
      "tokenizer.json",
      (path) => writeFile(path, "<!DOCTYPE html><title>Log in</title>"),
      { code: "LOAD_FAILED", message: /: tokenizer\.json is a web page, which a server/ },
    ],
    [
      "onnx/model.onnx",
      (path) => writeFile(path, "no graph"),
      { code: "MODEL_FILE_INVALID", message: /onnx\/model\.onnx .*not a valid ONNX file/ },
    ],
    [
      "1_Pooling/config.json",
      (path) => rm(path),
      { code: "MODEL_FILE_MISSING", message: /1_Pooling\/config\.json/ },
    ],
    ["modules.json", (path) => rm(path), { code: "MODEL_NOT_DESCRIBED", message: /`pooling`/ }],
  ])("%s, missing or damaged", async ([file, damage, { code, message }]) => {
    await damage(join(folder, file));
    await expect(load()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test("a data file that ends before the weights of 8 bits", async () => {
    vi.stubEnv("HF_ASSETS_CACHE", join(parent, "assets"));
    const graph = join(folder, "onnx/model_quantized.onnx");
    await quantizeGraph(join(folder, "onnx/model.onnx"), graph);
    await moveWeightsOut(graph);
    await truncate(`${graph}_data`, 100);
    await expect(load({ dtype: "q8" })).rejects.toMatchObject({
      code: "LOAD_FAILED",
      details: { files: ["onnx/model_quantized.onnx", "onnx/model_quantized.onnx_data"] },
    });
  });

  test("a tokenizer without pad token", async () => {
    for (const file of ["tokenizer_config.json", "special_tokens_map.json"]) {
      await edit(file, (config) => {
        delete config.pad_token;
        delete config.eos_token;
      });
    }
    await expect(load()).rejects.toMatchObject({
      code: "MODEL_FILE_INVALID",
      message: expect.stringContaining("no pad token"),
    });
  });

  test("a dtype that gives wrong vectors", async () => {
    const named = join(parent, "embeddinggemma-300m-ONNX");
    await rename(folder, named);
    await expect(load({ dtype: "q4f16" }, named)).rejects.toMatchObject({
      code: "UNSUPPORTED_DTYPE",
      message: expect.stringMatching(/q4f16: .*overflow.*fp32, q8 or q4/),
    });
    const half = { modelFile: "model_fp16", device: "cuda" };
    await expect(Embedder.load(named, half)).rejects.toMatchObject({
      code: "UNSUPPORTED_DTYPE",
      message: expect.stringMatching(/fp16 on cuda: .*overflow.*fp32 or q8/),
    });
    await expect(load({ dtype: "q4", device: "webgpu" }, named)).rejects.toMatchObject({
      code: "UNSUPPORTED_DTYPE",
      message: expect.stringMatching(/q4 on webgpu.*transformers\.js#1728/),
    });
    for (const options of [
      { device: "gpu" },
      { device: "auto" },
      { sessionOptions: { executionProviders: ["webgpu"] } },
    ]) {
      await expect(load({ dtype: "q8", ...options }, named)).rejects.toMatchObject({
        code: "UNSUPPORTED_DTYPE",
      });
    }
    await cp(named, folder, { recursive: true });
  });
});

test("a dtype that gives wrong vectors is refused whatever the folder is called", async () => {
  await edit("config.json", (config) => {
    Object.assign(config, { hidden_size: 768, num_hidden_layers: 24 });
  });
  await expect(load({ dtype: "q4f16" })).rejects.toMatchObject({ code: "UNSUPPORTED_DTYPE" });
  await expect(load({ dtype: "q8", device: "webgpu" })).rejects.toMatchObject({
    code: "UNSUPPORTED_DTYPE",
  });
});

test("the synchronous tokenizer refuses anything but a string", async () => {
  await using embedder = await load();
  expect(() => embedder.tokenizer.encode(5 as unknown as string)).toThrow(
    expect.objectContaining({ code: "INVALID_ARGUMENT" }),
  );
});

describe("weights outside of the graph", () => {
  const question = "Which planet?";

  test.for<[string, string[]]>([
    ["the names of Transformers.js", ["model.onnx_data", "model.onnx_data_1"]],
    ["the name of torch.onnx.export", ["model.onnx.data"]],
    ["a name of one's own", ["weights.bin"]],
    ["the name of another dtype", ["model_quantized.onnx_data"]],
    ["folders", ["weights/first half.bin", "weights/second/half.bin"]],
    ["one file per tensor", Array.from({ length: 150 }, (_, index) => `tensor ${index}`)],
  ])("are found under %s", async ([, locations]) => {
    await using whole = await load();
    const expected = await whole.encodeQuery(question);
    const apart = join(parent, "apart");
    await cp(folder, apart, { recursive: true });
    await moveWeightsOut(join(apart, "onnx/model.onnx"), locations);
    await using embedder = await load({}, apart);
    expect(await embedder.encodeQuery(question)).toEqual(expected);
    expect(embedder.identity).not.toBe(whole.identity);
  });

  test("are missing by name", async () => {
    await moveWeightsOut(join(folder, "onnx/model.onnx"), ["first.bin", "second/half.bin"]);
    await rm(join(folder, "onnx/second/half.bin"));
    await expect(load()).rejects.toMatchObject({
      code: "MODEL_FILE_MISSING",
      message: expect.stringMatching(
        /no onnx\/second\/half\.bin, in which onnx\/model\.onnx keeps/,
      ),
      details: { file: "onnx/second/half.bin" },
    });
  });

  test("are refused outside of the folder", async () => {
    await moveWeightsOut(join(folder, "onnx/model.onnx"), ["../../elsewhere.bin"]);
    await expect(load()).rejects.toMatchObject({
      code: "MODEL_FILE_INVALID",
      message: expect.stringContaining('"../../elsewhere.bin"'),
    });
  });

  test("do not concern the configuration, which can count other data files", async () => {
    await moveWeightsOut(join(folder, "onnx/model.onnx"), ["weights.bin"]);
    await edit("config.json", (config) => {
      config["transformers.js_config"] = { use_external_data_format: { "model.onnx": 2 } };
    });
    await using embedder = await load();
    expect(await embedder.encodeQuery(question)).toHaveLength(768);
  });
});

test("Dense layers that the graph lacks are never skipped", async () => {
  const withoutDense = fileURLToPath(
    new URL("../../../../test/fixtures/bert-mean", import.meta.url),
  );
  await rm(folder, { recursive: true });
  await cp(withoutDense, folder, { recursive: true });
  const modules = JSON.parse(await readFile(join(folder, "modules.json"), "utf8"));
  modules.push({ idx: 9, name: "9", path: "9_Dense", type: "sentence_transformers.models.Dense" });
  await writeFile(join(folder, "modules.json"), JSON.stringify(modules));
  await cp(join(fixture, "2_Dense"), join(folder, "9_Dense"), { recursive: true });
  await using embedder = await load();
  await expect(embedder.encode("x")).rejects.toMatchObject({
    code: "MODEL_INCOMPLETE",
    message: expect.stringContaining("Dense layers after its pooling"),
  });
});

test("the tiny model ranks as the blog post does and passes its self-check", async () => {
  const tiny = fileURLToPath(new URL("../../../tiny-model/model", import.meta.url));
  await using embedder = await Embedder.load(tiny);
  expect(await embedder.selfCheck()).toMatchObject({ passed: true, tolerance: 0.03 });
  const query = await embedder.encodeQuery("Which planet is known as the Red Planet?");
  const documents = await embedder.encodeDocument([
    "Venus is often called Earth's twin because of its similar size and proximity.",
    "Mars, known for its reddish appearance, is often referred to as the Red Planet.",
    "Jupiter, the largest planet in our solar system, has a prominent red spot.",
    "Saturn, famous for its rings, is sometimes mistaken for the Red Planet.",
  ]);
  const scores = embedder.similarity(query, documents)[0]!;
  expect(scores.indexOf(Math.max(...scores))).toBe(1);
});
