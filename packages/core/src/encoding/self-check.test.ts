import { describe, expect, test, vi } from "vitest";
import { testBackend, testDescription } from "../../test-support/test-embedder.ts";
import { MemoryVectorCache } from "../cache/memory-vector-cache.ts";
import { Embedder } from "../embedder.ts";
import type { ModelDescription } from "../model/description.ts";
import { embeddingGemma300mValues } from "../model/self-check-values.ts";
import type { Backend, Batch } from "../runtime/backend.ts";
import type { Dtype } from "../runtime/dtype.ts";
import { selfCheck } from "./self-check.ts";

/** A text is an angle in degrees; its vector points there. */
function compass(deviation = 0): Backend {
  const encode = (text: string) => [Number(text)];
  return testBackend({
    tokenizer: { encode, decode: String },
    specialTokens: { prefix: [], suffix: [] },
    tokenize: async (texts) => texts.map(encode),
    async run({ rows, inputIds }: Batch) {
      const vectors = Array.from({ length: rows }, (_, row) => {
        const radians =
          ((Number(inputIds[row]) + (inputIds[row] === 0n ? 0 : deviation)) * Math.PI) / 180;
        return [7 * Math.cos(radians), 7 * Math.sin(radians)];
      });
      return { sentenceEmbedding: Float32Array.from(vectors.flat()) };
    },
  });
}

const description: ModelDescription = {
  ...testDescription,
  similarityFunction: "euclidean",
  dimension: 2,
  matryoshkaDimensions: [2],
  selfCheck: { query: "0", documents: ["60", "90"], scores: { 2: [0.5, 0] } },
  prompts: { query: "", document: "" },
};

test("compares cosines with the published ones, not the model's own similarity", async () => {
  const report = await Embedder.from({
    model: "right",
    backend: compass(),
    description,
    normalize: false,
  }).selfCheck();
  expect(report).toMatchObject({ passed: true, checks: [{ dimension: 2, expected: [0.5, 0] }] });
  expect(report!.checks[0]!.actual[0]).toBeCloseTo(0.5, 6);
});

test("does not pass if the vectors are wrong", async () => {
  const report = await Embedder.from({
    model: "wrong",
    backend: compass(5),
    description,
  }).selfCheck();
  expect(report).toMatchObject({ passed: false });
});

test("runs the model even if a cache has the vectors", async () => {
  const cache = new MemoryVectorCache();
  await Embedder.from({ model: "model", backend: compass(), description, cache }).encode([
    "0",
    "60",
    "90",
  ]);
  const broken = compass(5);
  const run = vi.spyOn(broken, "run");
  expect(
    await Embedder.from({ model: "model", backend: broken, description, cache }).selfCheck(),
  ).toMatchObject({
    passed: false,
  });
  expect(run).toHaveBeenCalled();
});

test("returns null for a model without published values", async () => {
  expect(
    await Embedder.from({
      model: "unknown",
      backend: compass(),
      description: { ...description, selfCheck: null },
    }).selfCheck(),
  ).toBeNull();
});

describe("vectors of EmbeddingGemma", () => {
  const { vectors = [] } = embeddingGemma300mValues;
  const dimension = 768;

  /** A full unit vector with these first numbers. */
  function unitVector(start: readonly number[]): Float32Array {
    const rest = 1 - start.reduce((sum, number) => sum + number ** 2, 0);
    const filler = Math.sqrt(rest / (dimension - start.length));
    return Float32Array.from({ length: dimension }, (_, index) => start[index] ?? filler);
  }

  /** The numbers of a vector at a distance from another, in random directions. */
  function moved(start: readonly number[], distance: number, seed: number): number[] {
    const step = distance / Math.sqrt(dimension);
    return start.map((number, index) => number + (Math.sin(seed + index * 2.4) > 0 ? step : -step));
  }

  type Answer = (index: number) => readonly number[];

  async function check(dtype: Dtype, answer: Answer) {
    const embedder = {
      encode: async (text: string) => vectorOf(null, text),
      encodeQuery: async (text: string) => vectorOf("query", text),
      encodeDocument: async (text: string | readonly string[]) =>
        vectorOf("document", text as string) as never,
    };
    const vectorOf = (prompt: string | null, text: string) =>
      unitVector(answer(vectors.findIndex((one) => one.prompt === prompt && one.text === text)));
    const values = { ...embeddingGemma300mValues, scores: {} };
    return (await selfCheck(embedder, values, dtype, dimension))!;
  }

  test("pass if they are right", async () => {
    const report = await check("fp32", (index) => vectors[index]!.start);
    expect(report.passed).toBe(true);
    expect(
      report.vectors.map(({ prompt, text, expected: start }) => ({ prompt, text, start })),
    ).toEqual(vectors);
    expect(vectors.length).toBeGreaterThan(4);
    for (const { distance } of report.vectors) expect(distance).toBeLessThan(1e-5);
  });

  // The distances were measured on the real weights.
  test.for<[file: Dtype, measured: number, fails: Dtype[], passes: Dtype[]]>([
    ["fp32", 0.0001, [], ["fp32", "fp16", "q8", "q4"]],
    ["fp16", 0.0023, [], ["fp32", "fp16", "q8", "q4"]],
    ["q8", 0.156, ["fp32", "fp16"], ["q8", "q4"]],
    ["q4", 0.258, ["fp32", "fp16", "q8"], ["q4"]],
  ])("of %s, %d away, fail as %j and pass as %j", async ([, measured, fails, passes]) => {
    const answer: Answer = (index) => moved(vectors[index]!.start, measured, index);
    for (const dtype of fails) expect((await check(dtype, answer)).passed, dtype).toBe(false);
    for (const dtype of passes) expect((await check(dtype, answer)).passed, dtype).toBe(true);
  });

  test.for<[string, Answer]>([
    ["of the other prompt", (index) => vectors[[1, 0][index] ?? index]!.start],
    ["of another text", (index) => vectors[index === 4 ? 3 : index]!.start],
    ["with the opposite sign", (index) => vectors[index]!.start.map((number) => -number)],
    ["that are not finite", (index) => vectors[index]!.start.map(() => Number.NaN)],
    ["shifted by one", (index) => vectors[index]!.start.slice(1)],
  ])("%s fail with every dtype", async ([, answer]) => {
    for (const dtype of ["fp32", "fp16", "q8", "int8", "q4"] as const) {
      expect((await check(dtype, answer)).passed, dtype).toBe(false);
    }
  });
});
