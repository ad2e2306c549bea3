import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { addSentenceEmbedding, type PooledGraphOptions } from "../../test-support/pooled-graph.ts";
import { Embedder } from "../embedder.ts";
import type { LoadOptions } from "../options.ts";

/** The golden tests compare these models with Sentence Transformers. They have no other output. */
const hiddenOnly = (name: string) =>
  fileURLToPath(new URL(`../../../../test/fixtures/${name}`, import.meta.url));

let parent: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "pooling-"));
});

afterEach(() => rm(parent, { recursive: true }));

/** A copy of a model whose graph also has the output `sentence_embedding`. */
async function pooled(name: string, graph: PooledGraphOptions): Promise<string> {
  const folder = join(parent, name);
  await cp(hiddenOnly(name), folder, { recursive: true });
  await addSentenceEmbedding(join(folder, "onnx/model.onnx"), graph);
  return folder;
}

async function edit(folder: string, file: string, fields: object): Promise<void> {
  const path = join(folder, file);
  const content = JSON.parse(await readFile(path, "utf8"));
  await writeFile(path, JSON.stringify({ ...content, ...fields }));
}

const texts = ["Mars is red.", "a", "Jupiter is the largest planet of the solar system."];

async function embed(folder: string, options: LoadOptions = {}) {
  await using embedder = await Embedder.load(folder, { dtype: "fp32", ...options });
  return {
    vectors: await embedder.encodeQuery(texts, { normalize: false }),
    recipe: embedder.identity.match(/recipe=[^&]*/)![0],
  };
}

function expectClose(actual: Float32Array[], expected: Float32Array[]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [row, vector] of expected.entries()) {
    const difference = vector.map((value, index) => value - actual[row]![index]!);
    expect(Math.hypot(...difference)).toBeLessThan(1e-5 * Math.hypot(...vector));
  }
}

test.for([
  [{ pooling: "mean" }],
  [{ pooling: "mean", normalized: true }],
  [{ pooling: "mean", normalized: true, hiddenStates: false }],
  [{ pooling: "mean", hiddenStates: false }],
] as const)(
  "a graph that pools as the files say, %j, gives the vectors itself",
  async ([graph]) => {
    const expected = await embed(hiddenOnly("bert-mean"));
    const actual = await embed(await pooled("bert-mean", graph));
    expectClose(actual.vectors, expected.vectors);
    expect(actual.recipe).toBe(expected.recipe);
  },
);

test.for([
  ["bert-mean", { pooling: "cls" }],
  ["bert-mean", { pooling: "cls", normalized: true }],
  ["bert-cls", { pooling: "mean" }],
  ["include-prompt-false", { pooling: "mean" }],
  ["include-prompt-false", { pooling: "mean", normalized: true }],
] as const)(
  "%s with a graph that differs, %j, is pooled as its files say",
  async ([name, graph]) => {
    const expected = await embed(hiddenOnly(name));
    const actual = await embed(await pooled(name, graph));
    expectClose(actual.vectors, expected.vectors);
    expect(actual.recipe).not.toBe(expected.recipe);
  },
);

test("without Normalize, a graph that normalizes differs from the files", async () => {
  const name = "include-prompt-false";
  const folder = await pooled(name, { pooling: "mean", normalized: true });
  await edit(folder, "1_Pooling/config.json", { include_prompt: true });
  const prompts = { query: "" };
  const expected = await embed(hiddenOnly(name), { prompts });
  expectClose((await embed(folder, { prompts })).vectors, expected.vectors);
});

describe("the option pooling", () => {
  test.for(["cls", ["mean", "max"]] as const)(
    "%j applies to the hidden states",
    async (pooling) => {
      const expected = await embed(hiddenOnly("bert-mean"), { pooling });
      const folder = await pooled("bert-mean", { pooling: "mean", normalized: true });
      for (const worker of [false, true]) {
        const actual = await embed(folder, { pooling, worker });
        expectClose(actual.vectors, expected.vectors);
        expect(actual.recipe).not.toBe((await embed(folder)).recipe);
      }
    },
  );

  test("may repeat what the files say", async () => {
    const folder = await pooled("bert-mean", { pooling: "mean", hiddenStates: false });
    expect(await embed(folder, { pooling: "mean" })).toEqual(await embed(folder));
  });

  test("is refused if the graph gives finished vectors only", async () => {
    const folder = await pooled("bert-mean", { pooling: "mean", hiddenStates: false });
    await expect(embed(folder, { pooling: "cls" })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(/^The option `pooling` cannot take effect: .*already pooled/),
      details: { model: folder, pooling: ["cls"] },
    });
  });

  test("is refused before Dense layers, unless it repeats what the files say", async () => {
    const folder = hiddenOnly("embeddinggemma");
    await expect(embed(folder, { pooling: "cls" })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(
        /^pooling must be mean for this model; "cls" was given\. It has 2 Dense layers/,
      ),
    });
    expect(await embed(folder, { pooling: ["mean"] })).toEqual(await embed(folder));
  });
});

describe("prompts that stay out of the pooling of a graph with finished vectors only", () => {
  const graph = { pooling: "mean", hiddenStates: false } as const;

  test("are a reason to refuse the model", async () => {
    const folder = await pooled("include-prompt-false", graph);
    await expect(embed(folder)).rejects.toMatchObject({
      code: "MODEL_NOT_DESCRIBED",
      message: expect.stringContaining("include_prompt"),
    });
  });

  test("are a reason to refuse a model with Dense layers", async () => {
    const folder = join(parent, "dense");
    await cp(hiddenOnly("embeddinggemma"), folder, { recursive: true });
    await edit(folder, "1_Pooling/config.json", { include_prompt: false });
    await expect(embed(folder)).rejects.toMatchObject({ code: "MODEL_NOT_DESCRIBED" });
  });

  test("are refused in a call, if the model has none itself", async () => {
    const folder = await pooled("include-prompt-false", graph);
    const expected = await embed(hiddenOnly("include-prompt-false"), { prompts: {} });
    expectClose((await embed(folder, { prompts: {} })).vectors, expected.vectors);
    await using embedder = await Embedder.load(folder, { dtype: "fp32", prompts: {} });
    await expect(embedder.encode("Mars", { prompt: "ask: " })).rejects.toMatchObject({
      code: "MODEL_INCOMPLETE",
      message: expect.stringContaining("include_prompt"),
    });
  });
});
