import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FaissStoreError } from "../errors.ts";
import { FaissStore } from "../faiss-store.ts";
import { seededRandom } from "../testing/random-vectors.ts";

/** Written by FAISS itself: test/reference/faiss/make_kinds.py. */
const fixtures = join(import.meta.dirname, "../../../../test/fixtures/faiss-kinds");

interface Expected {
  vectors: number[][];
  labels: Record<string, number[] | null>;
}
const expected: Expected = JSON.parse(await readFile(join(fixtures, "expected.json"), "utf8"));
const names = Object.keys(expected.labels);
const readable = names.filter((name) => expected.labels[name] !== null);

const pathOf = (name: string) => join(fixtures, `${name}.faiss`);
const importOf = (path: string) => FaissStore.import(path, { engine: "builtin" });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "faiss-kinds-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Imports other bytes, which must end in a store or in an error of this package. */
async function importBytes(bytes: Uint8Array): Promise<FaissStore | FaissStoreError> {
  const path = join(folder, "changed.faiss");
  await writeFile(path, bytes);
  const outcome = await importOf(path).catch((error: unknown) => error);
  if (outcome instanceof FaissStore || FaissStoreError.isInstance(outcome)) return outcome;
  throw outcome;
}

describe("a FAISS file of a kind that has its vectors", () => {
  it.each(readable)("is imported bit for bit: %s", async (name) => {
    const labels = expected.labels[name]!;
    const rows = labels.map((label, row) => ({ label, row: name === "ivf-removed" ? label : row }));
    rows.sort((one, other) => one.label - other.label);
    const store = await importOf(pathOf(name));
    expect(store.ids()).toEqual(rows.map(({ label }) => String(label)));
    for (const { label, row } of rows) {
      const { vector } = store.get(String(label))!;
      const original = new Float32Array(expected.vectors[row]!);
      if (name !== "normalized") expect(vector).toEqual(original);
      else
        for (const [place, value] of original.entries()) expect(vector[place]).toBeCloseTo(value);
    }
  });

  it("is many kinds", () => {
    expect(readable.length).toBeGreaterThan(24);
  });
});

describe("a FAISS file of another kind", () => {
  it.each([
    ["not-pq", /IndexPQ.*compresses.*Embed the texts again.*reconstruct_n/],
    ["not-sq", /IndexScalarQuantizer.*compresses/],
    ["not-ivf-pq", /IndexIVFPQ.*compresses/],
    ["not-ivf-sq", /IndexIVFScalarQuantizer.*compresses/],
    ["not-hnsw-sq", /IndexHNSWSQ.*compresses/],
    ["not-pca", /IndexPreTransform.*reduces vectors \(PCAMatrix\).*Embed the texts again/],
    ["not-opq", /IndexPreTransform.*matrix.*Embed the texts again/],
    ["not-dedup", /IndexIVFFlatDedup.*In Python/],
    ["not-l1", /metric L1.*cosine.*reconstruct_n/],
    ["not-binary", /binary.*bits/],
  ])("is refused by name, with a way out: %s", async (name, message) => {
    await expect(importOf(pathOf(name))).rejects.toMatchObject({
      code: "NOT_A_STORE",
      message: expect.stringMatching(message),
    });
  });
});

describe("a damaged FAISS file", () => {
  const sample = ["ip-hnsw", "l2-nsg", "l2-ivf", "ip-ivf-sparse-lists", "ip-idmap2-ivf"].concat([
    "l2-ivf-hnsw",
    "l2-refine-pq",
    "ip-idmap2-refine",
    "ivf-direct-map-hashtable",
    "normalized",
  ]);

  it.each(sample)("ends in a store or an error: %s", { timeout: 60_000 }, async (name) => {
    const bytes = await readFile(pathOf(name));
    const random = seededRandom(5);
    for (let round = 0; round < 60; round++) {
      const damaged = Buffer.from(bytes);
      // Headers and counts are at the begin, those of a flat index at the end.
      const region = round % 2 === 0 ? 400 : bytes.length;
      for (let flip = 0; flip < 2; flip++)
        damaged[Math.floor(random() * region)]! ^= 1 << Math.floor(random() * 8);
      await importBytes(damaged);
    }
  });

  it.each(sample)("is refused if it is cut or has more: %s", { timeout: 60_000 }, async (name) => {
    const bytes = await readFile(pathOf(name));
    for (const length of [4, 20, 37, 41, 60, bytes.length >> 1, bytes.length - 5, bytes.length - 1])
      expect(await importBytes(bytes.subarray(0, length)), `${length}`).toBeInstanceOf(Error);
    expect(await importBytes(Buffer.concat([bytes, Buffer.alloc(4)]))).toBeInstanceOf(Error);
  });

  it("allocates nothing that only its counts promise", async () => {
    for (const name of sample) {
      const bytes = await readFile(pathOf(name));
      // Every number of eight bytes, wherever it is, becomes huge in turn.
      for (let offset = 4; offset + 8 <= Math.min(bytes.length, 500); offset += 4) {
        const forged = Buffer.from(bytes);
        forged.writeBigUInt64LE(2n ** 45n, offset);
        await importBytes(forged);
      }
    }
  }, 120_000);

  it("is refused if its indexes are nested without end", async () => {
    const map = Buffer.alloc(37);
    map.write("IxMp");
    map.writeInt32LE(8, 4);
    const depth = 10_000;
    const bytes = Buffer.concat([...Array<Buffer>(depth).fill(map), Buffer.alloc(8 * depth)]);
    expect(await importBytes(bytes)).toMatchObject({
      code: "FILE_DAMAGED",
      message: expect.stringContaining("nested too deeply"),
    });
  });
});
