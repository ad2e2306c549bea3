import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assemble } from "../../scripts/assemble.mjs";
import { CodeMemory, rowsPerCodeBlock } from "./code-memory.ts";
import { codesModule } from "./codes.wasm.ts";
import { encodeQuery } from "./encode.ts";

describe("codes.wasm.ts", () => {
  it("is what codes.wat assembles to", async () => {
    expect(codesModule).toBe(await assemble());
  });
});

/** Unit vectors of numbers of very different sizes, or all of one size, and vectors of zeros. */
function unitVectors(length: number): fc.Arbitrary<Float32Array> {
  const numbers = fc.oneof(
    fc.constantFrom(0, 1, -1, 1e-30, 127, -127),
    fc.float({ noNaN: true, min: -1, max: 1 }),
  );
  return fc
    .oneof(
      fc.array(numbers, { minLength: length, maxLength: length }),
      fc.constantFrom(1, -1).map((value) => Array.from({ length }, () => value)),
    )
    .map((values) => {
      const size = Math.hypot(...values) || 1;
      return Float32Array.from(values, (value) => value / size);
    });
}

const cases = fc.integer({ min: 1, max: 100 }).chain((length) =>
  fc.record({
    rows: fc.array(unitVectors(length), { minLength: 1, maxLength: 9 }),
    queries: fc.array(unitVectors(length), { minLength: 1, maxLength: 4 }),
  }),
);

describe("the score of a row of codes", () => {
  it("is off by no more than its error and that of the query", () => {
    fc.assert(
      fc.property(cases, ({ rows, queries }) => {
        const memory = new CodeMemory(rows[0]!.length);
        const block = memory.addBlock()!;
        for (const [row, vector] of rows.entries()) memory.encode(block, row, vector);
        const encoded = queries.map(encodeQuery);
        memory.multiply(block, encoded);
        for (const [position, query] of encoded.entries()) {
          const every = Number.NEGATIVE_INFINITY;
          const found = memory.select(block, position, query, 0, every);
          expect([...found.rows]).toEqual([...rows.keys()]);
          for (const [row, vector] of rows.entries()) {
            const exact = dot(vector, queries[position]!);
            const error = found.errors[row]! + query.error * (1 + found.errors[row]!);
            expect(Math.abs(found.scores[row]! - exact)).toBeLessThanOrEqual(error + 1e-6);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it("never overflows, at any length, and is the same with one query and with four", () => {
    for (const length of [1, 31, 32, 33, 768, 3072, 65_536]) {
      const memory = new CodeMemory(length);
      const block = memory.addBlock()!;
      const unit = new Float32Array(length).fill(1 / Math.sqrt(length));
      const opposite = unit.map((value) => -value);
      memory.encode(block, 0, unit);
      memory.encode(block, 1, opposite);
      const queries = [unit, opposite, unit, opposite].map(encodeQuery);
      for (const some of [queries, queries.slice(0, 1)]) {
        memory.multiply(block, some);
        for (const [position, query] of some.entries()) {
          const { rows, scores } = memory.select(block, position, query, 0, -2);
          const sign = position % 2 === 0 ? 1 : -1;
          expect([...rows]).toEqual([0, 1]);
          expect(scores[0]).toBeCloseTo(sign, 2);
          expect(scores[1]).toBeCloseTo(-sign, 2);
        }
      }
    }
  });
});

describe("a block", () => {
  it("has the same codes after a multiplication, which writes where vectors are encoded", () => {
    const memory = new CodeMemory(3);
    const block = memory.addBlock()!;
    // The codes of a query, read as the numbers of a vector, are huge or NaN here.
    const vector = Float32Array.of(0.6, 0.8, 0);
    const query = encodeQuery(vector);
    memory.encode(block, 0, vector);
    memory.multiply(block, [query, query, query, query]);
    memory.encode(block, 1, vector);
    memory.multiply(block, [query]);
    const { scores, errors } = memory.select(block, 0, query, 0, -1);
    expect([scores[1], errors[1]]).toEqual([scores[0], errors[0]]);
  });

  it("is not added where a memory is full", () => {
    const memory = new CodeMemory(32, 2 ** 16);
    expect([memory.addBlock(), memory.addBlock()]).toEqual([expect.any(Number), undefined]);
  });
});

describe("the rows that are selected", () => {
  it("are those that may have the least score, in all lanes and at the end of a block", () => {
    const memory = new CodeMemory(2);
    const block = memory.addBlock()!;
    const wanted = [0, 1, 2, 3, 7, 512, rowsPerCodeBlock - 2, rowsPerCodeBlock - 1];
    for (let row = 0; row < rowsPerCodeBlock; row++)
      memory.encode(block, row, Float32Array.of(wanted.includes(row) ? 1 : 0.5, 0));
    const query = encodeQuery(Float32Array.of(1, 0));
    memory.multiply(block, [query]);
    const found = (error: number, minScore: number) => [
      ...memory.select(block, 0, query, error, minScore).rows,
    ];
    expect(found(0, 0.9)).toEqual(wanted);
    memory.multiply(block, [query]);
    expect(found(0.5, 0.9)).toHaveLength(rowsPerCodeBlock);
    memory.multiply(block, [query]);
    expect(found(0, 1.5)).toEqual([]);
  });
});

function dot(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, value, index) => sum + value * other[index]!, 0);
}
