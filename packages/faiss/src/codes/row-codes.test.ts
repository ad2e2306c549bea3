import { Pacer } from "@embeddinggemma/internal";
import { afterEach, describe, expect, it, vi } from "vitest";
import { FaissStore } from "../faiss-store.ts";
import { Table } from "../rows/table.ts";
import { innerProduct } from "../rows/vector-math.ts";
import { naiveRanking, randomUnitVectors, seededRandom } from "../testing/random-vectors.ts";
import { RowCodes } from "./row-codes.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Vectors that are all similar: scores are so close that most are within the bounds. */
function similarVectors(count: number, dimension: number): Float32Array[] {
  return randomUnitVectors(count, dimension, seededRandom(7)).map((vector) => {
    const moved = vector.map((value, index) => value * 0.01 + (index === 0 ? 1 : 0));
    const length = Math.hypot(...moved);
    return moved.map((value) => value / length);
  });
}

/** Vectors of 1 and -1, divided by their length: their codes are almost exact. */
function signs(count: number, dimension: number): Float32Array[] {
  return random(count, dimension).map((vector) =>
    vector.map((value) => Math.sign(value) / Math.sqrt(dimension)),
  );
}

const random = (count: number, dimension: number) =>
  randomUnitVectors(count, dimension, seededRandom(9));

describe("a search by codes", () => {
  it.each([
    ["random vectors", random(5000, 48), 48],
    ["random vectors that need no padding", random(3000, 96), 96],
    ["similar vectors", similarVectors(9000, 40), 40],
    ["equal vectors", Array.from({ length: 9000 }, () => random(1, 33)[0]!), 33],
    ["one number", Array.from({ length: 1500 }, (_, row) => Float32Array.of(row % 2 || -1)), 1],
  ])("ranks as sorting all does: %s", async (_name, vectors, dimension) => {
    const store = await FaissStore.create<number>({ dimension, scanBelow: 0 });
    await store.upsert(vectors.map((vector, record) => ({ id: `${record}`, vector, record })));
    const queries = [...random(6, dimension), vectors[17]!];
    for (const k of [1, 10, 1200]) {
      const results = await store.search(queries, { k });
      for (const [position, hits] of results.entries()) {
        const expected = naiveRanking(vectors, queries[position]!).slice(0, k);
        expect(hits.map(({ score }) => score)).toEqual(
          expected.map(({ score }) => expect.closeTo(score, 6)),
        );
        const [alone] = await store.search([queries[position]!], { k });
        expect(alone).toEqual(hits);
        expect(new Set(hits.map(({ id }) => id)).size).toBe(k);
      }
    }
  });

  it("finds the same as FAISS by leading numbers, with filters, after changes", async () => {
    const vectors = random(4000, 64);
    const stores = await Promise.all(
      (["builtin", "faiss"] as const).map((engine) =>
        FaissStore.create<number>({ engine, searchDimension: 24, oversample: 3, scanBelow: 0 }),
      ),
    );
    const items = vectors.map((vector, record) => ({ id: `${record}`, vector, record }));
    const queries = random(9, 64);
    const compare = async () => {
      for (const filter of [undefined, (record: number) => record % 7 === 3]) {
        const [one, other] = await Promise.all(
          stores.map((store) => store.search(queries, { k: 8, filter })),
        );
        expect(one).toEqual(other);
      }
    };
    for (const store of stores) await store.upsert(items.slice(0, 2500));
    await compare();
    for (const store of stores) await store.upsert(items.slice(1500));
    await compare();
    for (const store of stores) await store.delete((record) => record % 2 === 0);
    await compare();
    for (const store of stores) await store.close();
  });
});

describe("codes", () => {
  const rows = random(2100, 8);

  function tableOf(vectors: Float32Array[]): Table<number> {
    const dimension = vectors[0]!.length;
    const shape = { dimension, searchDimension: dimension, precision: "float32" } as const;
    const table = new Table<number>(shape);
    for (const [row, vector] of vectors.entries()) {
      table.vectors.append(vector);
      table.restore(`${row}`, row, row);
    }
    table.finishRestoring();
    return table;
  }

  /** The rows that a scan shows, if it wants all. */
  async function scanned(codes: RowCodes<number>): Promise<number[]> {
    const found: number[] = [];
    const selection = {
      minScore: Number.NEGATIVE_INFINITY,
      consider: (row: number) => found.push(row),
    };
    await codes.scan([rows[0]!], [selection], new Pacer());
    return found;
  }

  it.each([
    ["any query", random(5, 64)],
    ["a query whose codes are exact", signs(5, 64)],
  ])("bound the score of each row: %s", async (_name, queries) => {
    const vectors = [...random(300, 64), ...signs(300, 64)];
    const codes = new RowCodes<number>();
    await codes.update(tableOf(vectors), new Pacer());
    const wrong: object[] = [];
    const selections = queries.map((query) => ({
      minScore: Number.NEGATIVE_INFINITY,
      consider(row: number, lower: number, upper: number) {
        const score = innerProduct(query, vectors[row]!);
        if (!(lower <= score && score <= upper)) wrong.push({ row, lower, score, upper });
      },
    }));
    await codes.scan(queries, selections, new Pacer());
    expect(wrong).toEqual([]);
  });

  it("cover each row once, with updates at the same time", async () => {
    const codes = new RowCodes<number>();
    const table = tableOf(rows);
    const pause = vi.fn(() => Promise.resolve());
    const due = { due: true, pause } as unknown as Pacer;
    expect(await Promise.all([codes.update(table, due), codes.update(table, due)])).toEqual([
      true,
      true,
    ]);
    expect(pause).toHaveBeenCalled();
    expect(await scanned(codes)).toEqual([...rows.keys()]);
  });

  it("are in several memories where they do not fit into one", async () => {
    const twoBlocks = 2 ** 17;
    const codes = new RowCodes<number>(twoBlocks);
    expect(await codes.update(tableOf(rows), new Pacer())).toBe(true);
    expect(await scanned(codes)).toEqual([...rows.keys()]);
  });

  it("are made again for another table", async () => {
    const codes = new RowCodes<number>();
    await codes.update(tableOf(rows), new Pacer());
    await codes.update(tableOf(rows.slice(0, 10)), new Pacer());
    expect(await scanned(codes)).toEqual([...Array(10).keys()]);
  });

  it.each([
    ["without WebAssembly", undefined],
    [
      "without room",
      {
        ...WebAssembly,
        Memory: class {
          constructor() {
            throw new RangeError("WebAssembly.Memory(): could not allocate memory");
          }
        },
      },
    ],
  ])("are not needed: %s, all vectors are scored", async (_name, assembly) => {
    vi.stubGlobal("WebAssembly", assembly);
    expect(await new RowCodes<number>().update(tableOf(rows), new Pacer())).toBe(false);
    for (const searchDimension of [8, 4]) {
      const store = await FaissStore.create<number>({ searchDimension, scanBelow: 0 });
      await store.upsert(rows.map((vector, record) => ({ id: `${record}`, vector, record })));
      const hits = await store.search(rows[5]!, { k: 3 });
      expect(hits[0]?.record).toBe(5);
      if (searchDimension === 8) {
        const expected = naiveRanking(rows, rows[5]!).slice(0, 3);
        expect(hits.map(({ record }) => record)).toEqual(expected.map(({ row }) => row));
      }
    }
  });
});
