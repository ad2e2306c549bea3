import fc from "fast-check";
import { describe, expect, test } from "vitest";
import golden from "../../../../test/golden/training-losses.json" with { type: "json" };
import { seededRandom } from "../statistics/random.ts";
import type { Matrix } from "../vectors/matrix.ts";
import { Compute } from "./jax.ts";
import { LinearMap } from "./linear-map.ts";
import { type Example, type LossOptions, MatryoshkaLoss } from "./losses.ts";
import { gradientsOf } from "./train.ts";

const compute = await Compute.load();
const defaults: LossOptions = {
  loss: "multipleNegativesRanking",
  scale: 20,
  miniBatchSize: 32,
  distance: "euclidean",
  margin: 5,
};

describe("losses and gradients equal those of Sentence Transformers", () => {
  const { dimension, rank } = golden;
  const vectors = Object.fromEntries(
    Object.entries(golden.vectors).map(([name, text]) => [name, matrixOf(text, dimension)]),
  );
  const columns = Object.keys(vectors);
  const count = vectors.queries!.rows;
  const texts = joined(Object.values(vectors));
  const numberOf = (column: string, row: number) => columns.indexOf(column) * count + row;

  test.each(
    golden.cases.map((one) => ({
      ...one,
      name: `${one.loss} ${one.columns.length} ${one.sides} ${one.weights} ${one.matryoshkaDims}`,
    })),
  )("$name", async ({ columns: [, , ...negatives], sides, matryoshkaDims, ...one }) => {
    const options = { ...defaults, ...one } as LossOptions;
    const loss = new MatryoshkaLoss(compute, options, matryoshkaDims, sides === "both");
    const examples = Array.from({ length: count }, (_, row) => ({
      query: numberOf("queries", row),
      document: numberOf("positives", row),
      negatives: negatives.map((column) => numberOf(column, row)),
      score: golden.scores[row],
    }));
    const [first, second] = golden.matrices[one.weights as "delta"];
    const matrices =
      second === undefined
        ? [matrixOf(first!, dimension)]
        : [matrixOf(first!, rank), matrixOf(second, dimension)];

    const result = await evaluate(loss, matrices, texts, examples);

    expect(Math.abs(result.value / one.value - 1)).toBeLessThan(1e-5);
    for (const [index, gradient] of result.gradients.entries()) {
      expectClose(gradient, floats(one.gradients[index]!), 1e-5);
    }
  });
});

test("the cached loss has the value and the gradients of the plain one", async () => {
  const texts = random(90, 8, 3);
  const examples = Array.from({ length: 40 }, (_, row) => ({
    query: row,
    document: 40 + row,
    negatives: row % 4 === 0 ? [80 + row / 4] : [],
  }));
  const plain = new MatryoshkaLoss(compute, defaults, [8, 4], true, [1, 0.5]);
  const cached = new MatryoshkaLoss(
    compute,
    { ...defaults, loss: "cachedMultipleNegativesRanking", miniBatchSize: 7 },
    [8, 4],
    true,
    [1, 0.5],
  );
  const matrices = [random(8, 8, 4)];
  const expected = await evaluate(plain, matrices, texts, examples);
  const result = await evaluate(cached, matrices, texts, examples);
  expect(result.value).toBeCloseTo(expected.value, 5);
  expectClose(result.gradients[0]!, expected.gradients[0]!, 1e-5);
});

test("gradients equal finite differences", async () => {
  const names = ["multipleNegativesRanking", "triplet", "cosent"] as const;
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        loss: fc.constantFrom(...names),
        distance: fc.constantFrom("euclidean" as const, "cosine" as const),
        scale: fc.constantFrom(1, 20),
        bothSides: fc.boolean(),
        isLowRank: fc.boolean(),
        seed: fc.nat(1000),
        pairs: fc.integer({ min: 2, max: 5 }),
      }),
      async ({ seed, pairs, isLowRank, bothSides, ...options }) => {
        const loss = new MatryoshkaLoss(compute, { ...defaults, ...options }, [6, 3], bothSides);
        const texts = random(3 * pairs, 6, seed + 1);
        const examples = Array.from({ length: pairs }, (_, row) => ({
          query: row,
          document: pairs + row,
          negatives: [2 * pairs + row],
          score: row / pairs,
        }));
        const matrices = isLowRank
          ? [random(6, 2, seed + 2), random(2, 6, seed + 3)]
          : [random(6, 6, seed + 2)];
        const { gradients } = await evaluate(loss, matrices, texts, examples);
        // The derivative in one random direction.
        const directions = matrices.map((matrix, index) =>
          random(matrix.rows, matrix.columns, seed + 9 + index),
        );
        const moved = (by: number) =>
          matrices.map(({ data, ...shape }, index) => ({
            ...shape,
            data: data.map((number, at) => number + by * directions[index]!.data[at]!),
          }));
        const step = 1e-2;
        const high = await evaluate(loss, moved(step), texts, examples);
        const low = await evaluate(loss, moved(-step), texts, examples);
        const difference = (high.value - low.value) / (2 * step);
        const slope = gradients.reduce(
          (sum, gradient, index) => sum + dot(gradient, directions[index]!.data),
          0,
        );
        expect(Math.abs(slope - difference)).toBeLessThan(0.03 * (1 + Math.abs(slope)));
      },
    ),
    { numRuns: 12 },
  );
});

async function evaluate(
  loss: MatryoshkaLoss,
  matrices: readonly Matrix[],
  texts: Matrix,
  examples: readonly Example[],
) {
  const map = new LinearMap(compute, matrices);
  return gradientsOf(
    { data: { queries: texts, documents: texts }, map, loss },
    loss.batchOf(examples),
  );
}

function expectClose(actual: Float32Array, expected: Float32Array, tolerance: number) {
  expect(actual).toHaveLength(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  const difference = Math.max(
    ...actual.map((number, index) => Math.abs(number - expected[index]!)),
  );
  expect(difference).toBeLessThan(tolerance * largest);
}

function matrixOf(base64: string, columns: number): Matrix {
  const data = floats(base64);
  return { data, rows: data.length / columns, columns };
}

function floats(base64: string): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(base64, "base64")).buffer);
}

function joined(matrices: readonly Matrix[]): Matrix {
  const data = new Float32Array(matrices.flatMap((matrix) => [...matrix.data]));
  const columns = matrices[0]!.columns;
  return { data, rows: data.length / columns, columns };
}

function dot(first: Float32Array, second: Float32Array): number {
  return first.reduce((sum, number, index) => sum + number * second[index]!, 0);
}

/** Numbers from -1 to 1. */
function random(rows: number, columns: number, seed: number): Matrix {
  const { fraction } = seededRandom(seed);
  const next = () => fraction() * 2 - 1;
  return { data: Float32Array.from({ length: rows * columns }, next), rows, columns };
}
