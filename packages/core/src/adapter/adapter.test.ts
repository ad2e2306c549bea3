import { readSafetensors } from "@embeddinggemma/internal";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Adapter } from "./adapter.ts";
import type { AdapterParts } from "./adapter-parts.ts";

const base = { model: "owner/name", identity: "owner/name@abc?dtype=q8&recipe=1.0" };

const numbers = (length: number) =>
  fc.float32Array({ minLength: length, maxLength: length, noNaN: true, min: -10, max: 10 });

const parts = fc.integer({ min: 1, max: 11 }).chain((dimension) =>
  fc.record<AdapterParts>({
    sides: fc.constantFrom("query", "both"),
    dimension: fc.constant(dimension),
    weights: fc.oneof(
      fc.record({ delta: numbers(dimension * dimension) }),
      fc
        .integer({ min: 1, max: dimension })
        .chain((rank) => fc.record({ a: numbers(dimension * rank), b: numbers(rank * dimension) })),
    ),
    base: fc.constant(base),
  }),
);

/** x + x·Δ in plain loops. */
function expectedOf(x: Float32Array, delta: Float32Array): number[] {
  return Array.from(x, (value, column) =>
    x.reduce((sum, other, row) => sum + other * delta[row * x.length + column]!, value),
  );
}

test("apply adds x·Δ, on its sides alone", () => {
  fc.assert(
    fc.property(
      parts.chain((of) => fc.tuple(fc.constant(of), numbers(of.dimension))),
      ([of, vector]) => {
        const adapter = Adapter.from(of);
        const before = vector.slice();
        const expected = expectedOf(vector, adapter.delta());
        const query = adapter.apply(vector, "query");
        for (const [index, value] of expected.entries())
          expect(Math.abs(query[index]! - value)).toBeLessThan(1e-3 + 1e-5 * Math.abs(value));
        const document = adapter.apply(vector, "document");
        expect(document).toEqual(of.sides === "both" ? query : vector);
        expect(document).not.toBe(vector);
        expect(adapter.apply([vector, vector], "query")).toEqual([query, query]);
        expect(vector).toEqual(before);
      },
    ),
  );
});

test("an untrained one changes nothing", () => {
  const a = Float32Array.of(1, 2, 3, 4, 5, 6);
  const weights = { a, b: new Float32Array(6) };
  const adapter = Adapter.from({ sides: "both", dimension: 3, weights, base });
  expect(adapter.rank).toBe(2);
  const vector = Float32Array.of(0.1, -0.2, 1e-7);
  expect(adapter.apply(vector, "query")).toEqual(vector);
});

test("the numbers are copied, and the same numbers have the same digest", () => {
  const delta = Float32Array.of(1, 2, 3, 4);
  const make = (sides: "query" | "both") =>
    Adapter.from({ sides, dimension: 2, weights: { delta }, base });
  const adapter = make("query");
  delta[0] = 9;
  expect(adapter.delta()).toEqual(Float32Array.of(1, 2, 3, 4));
  expect(make("query").digest).not.toBe(adapter.digest);
  expect(make("both").digest).toBe(make("query").digest);
  expect(adapter.digest).toMatch(/^[0-9a-f]{64}$/);
});

test("files", () => {
  const training = { loss: "triplet", history: [{ epoch: 1, ndcg: 0.5 }] };
  const weights = { a: Float32Array.of(1, 2), b: Float32Array.of(3, 4) };
  const adapter = Adapter.from({ sides: "query", dimension: 2, weights, base, training });
  const files = adapter.files();
  expect(JSON.parse(new TextDecoder().decode(files["adapter.json"]))).toEqual({
    format: "embeddinggemma-adapter",
    version: 1,
    sides: "query",
    rank: 1,
    dimension: 2,
    base,
    digest: adapter.digest,
    training,
  });
  const tensors = readSafetensors(files["adapter.safetensors"], (problem) => new Error(problem));
  expect(Object.fromEntries(tensors)).toEqual({
    a: { shape: [2, 1], data: weights.a },
    b: { shape: [1, 2], data: weights.b },
  });
});

describe("what is wrong is refused", () => {
  const good = { sides: "query", dimension: 2, weights: { delta: new Float32Array(4) }, base };
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  test.each<[Record<string, unknown>, RegExp]>([
    [{ sides: "documents" }, /sides must be one of query, both/],
    [{ dimension: 0 }, /dimension must be a whole number/],
    [{ weights: {} }, /weights must be/],
    [{ weights: { delta: [1, 2, 3, 4] } }, /weights.delta must be a Float32Array/],
    [{ weights: { delta: new Float32Array(3) } }, /weights.delta must be 2 × 2 numbers/],
    [{ weights: { delta: Float32Array.of(1, 2, Number.NaN, 4) } }, /weights.delta\[2\]/],
    [{ weights: { a: new Float32Array(3), b: new Float32Array(3) } }, /weights.a must be 2 × rank/],
    [{ weights: { a: new Float32Array(6), b: new Float32Array(6) } }, /rank is from 1 to 2/],
    [{ weights: { a: new Float32Array(2), b: new Float32Array(4) } }, /weights.b must be 1 × 2/],
    [{ weights: { a: new Float32Array(2) } }, /weights must be/],
    [{ base: "owner/name" }, /base must be/],
    [{ base: { ...base, identity: `${base.identity}&adapter=1` } }, /withAdapter\(null\)/],
    [{ training: circular }, /training must be an object that JSON can hold/],
    [{ training: { at: new Date() } }, /training must be/],
    [{ training: { loss: Number.NaN } }, /training must be/],
    [{ side: "query" }, /Did you mean `sides`/],
  ])("%o", (change, message) => {
    expect(() => Adapter.from({ ...good, ...change } as AdapterParts)).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(message),
      }),
    );
  });

  test("vectors and sides", () => {
    const adapter = Adapter.from(good as AdapterParts);
    expect(() => adapter.apply(new Float32Array(3), "query")).toThrow(
      /vector must be .* 2 numbers/,
    );
    expect(() => adapter.apply([[1, 2]] as never, "query")).toThrow(/vectors\[0\] must be/);
    expect(() => adapter.apply(new Float32Array(2), "both" as never)).toThrow(/side must be/);
  });
});
