import { describe, expect, test } from "vitest";
import { normal, seededRandom } from "../statistics/random.ts";
import type { Matrix } from "../vectors/matrix.ts";
import { Compute } from "./jax.ts";
import type { LinearMap } from "./linear-map.ts";
import { type TrainingSettings, train } from "./train.ts";

const compute = await Compute.load();
const dimension = 16;
const settings: TrainingSettings = {
  loss: "multipleNegativesRanking",
  scale: 20,
  miniBatchSize: 32,
  distance: "euclidean",
  margin: 5,
  sides: "query",
  rank: undefined,
  matryoshkaDims: [16, 8],
  matryoshkaWeights: [1, 1],
  epochs: 6,
  batchSize: 16,
  learningRate: 0.02,
  warmupRatio: 0.1,
  weightDecay: 0.01,
  patience: 6,
  seed: 1,
};

// Queries are documents whose numbers are in another order, so a linear map finds them.
const documents = randomMatrix(64, 3);
const queries: Matrix = { ...documents, data: documents.data.slice() };
for (let row = 0; row < 64; row++) {
  queries.data.subarray(row * dimension, (row + 1) * dimension).reverse();
}
const examples = Array.from({ length: 48 }, (_, row) => ({
  query: row,
  document: row,
  negatives: [],
}));
const data = { queries, documents, examples };

describe("training", () => {
  test.each([
    ["a full matrix", {}],
    ["matrices of low rank", { rank: 12 }],
    ["both sides", { sides: "both" as const }],
    ["the cached loss", { loss: "cachedMultipleNegativesRanking" as const, miniBatchSize: 16 }],
  ])("finds the map between queries and documents: %s", async (_, changes) => {
    const options = { ...settings, epochs: 25, patience: 25, learningRate: 0.1, ...changes };
    const { history, bestEpoch } = await train(compute, data, options, {
      validate: heldOutMrr(options.sides),
    });
    expect(history[0]).toMatchObject({ epoch: 0, loss: null });
    expect(history[bestEpoch]!.score).toBe(Math.max(...history.map(({ score }) => score)));
    expect(history[bestEpoch]!.score).toBeGreaterThan(history[0]!.score + 0.2);
    expect(history.at(-1)!.loss!).toBeLessThan(history[1]!.loss! * 0.8);
  });

  test("gives the same bits for the same seed", async () => {
    const run = (seed: number) =>
      train(compute, data, { ...settings, seed, epochs: 2 }, { validate: heldOutMrr("query") });
    const [first, second, other] = [await run(4), await run(4), await run(5)];
    expect(first).toEqual(second);
    expect(first.matrices).not.toEqual(other.matrices);
  });

  test("keeps the untrained map if nothing is better, and stops in time", async () => {
    let calls = 0;
    const { matrices, bestEpoch, history } = await train(
      compute,
      data,
      { ...settings, patience: 2 },
      { validate: async () => (calls++ === 0 ? 0.5 : 0.4) },
    );
    expect(bestEpoch).toBe(0);
    expect(history).toHaveLength(3);
    expect(matrices[0]!.data.every((number) => number === 0)).toBe(true);
  });

  test("fails with a remedy if numbers are not finite", async () => {
    const broken = { ...queries, data: queries.data.map(() => Number.NaN) };
    const training = train(compute, { ...data, queries: broken }, settings, {
      validate: async () => 0,
    });
    await expect(training).rejects.toMatchObject({
      code: "TRAINING_FAILED",
      message: expect.stringMatching(/loss is NaN in step 1. Lower `learningRate`/),
    });
  });

  test("stops when its signal is aborted, and gives the event loop its turns", async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("enough")), 0);
    let steps = 0;
    const training = train(
      compute,
      data,
      { ...settings, epochs: 500, patience: 500 },
      {
        validate: async () => 0,
        onStep: () => steps++,
        signal: controller.signal,
      },
    );
    await expect(training).rejects.toThrow("enough");
    expect(steps).toBeLessThan(500);
  });
});

/** Mean reciprocal rank of each query's document among all, for queries that are not trained. */
function heldOutMrr(sides: "query" | "both") {
  return async (map: LinearMap): Promise<number> => {
    const adapted = await map.apply(queries);
    const others = sides === "both" ? await map.apply(documents) : documents;
    let sum = 0;
    for (let row = 48; row < 64; row++) {
      const scores = Array.from({ length: 64 }, (_, other) => cosine(adapted, row, others, other));
      sum += 1 / scores.filter((score) => score >= scores[row]!).length;
    }
    return sum / 16;
  };
}

function cosine(a: Matrix, rowOfA: number, b: Matrix, rowOfB: number): number {
  let [product, ofA, ofB] = [0, 0, 0];
  for (let index = 0; index < dimension; index++) {
    const first = a.data[rowOfA * dimension + index]!;
    const second = b.data[rowOfB * dimension + index]!;
    product += first * second;
    ofA += first * first;
    ofB += second * second;
  }
  return product / Math.sqrt(ofA * ofB);
}

function randomMatrix(rows: number, seed: number): Matrix {
  const random = seededRandom(seed);
  const data = Float32Array.from({ length: rows * dimension }, () => normal(random));
  return { data, rows, columns: dimension };
}
