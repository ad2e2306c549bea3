import { execFileSync } from "node:child_process";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FaissStore } from "../faiss-store.ts";
import { assertWithin } from "../testing/assert-within.ts";
import { expectSound, expectTyped } from "../testing/expect-sound.ts";
import { ForgedStore } from "../testing/saved-store.ts";

/** Version 0.1.0 wrote these with packages/faiss/src/testing/write-saved-stores.mjs. */
const savedStores = join(import.meta.dirname, "../../../../test/fixtures/faiss/saved-stores");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "faiss-forged-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const open = (directory: string) => FaissStore.open<never>(directory, { engine: "builtin" });

describe.each(["flat", "int8", "graph"])("a store of version 0.1.0: %s", (name) => {
  it("can be opened, searched and saved again", async () => {
    const directory = join(folder, `old-${name}`);
    await cp(join(savedStores, name), directory, { recursive: true });
    const store = await FaissStore.open<never>(directory);
    await expectSound(store);
    const ids = Array.from({ length: 23 }, (_, row) => `item ${row}`);
    const gone = ["item 7", "item 20", "item 21"];
    expect(store.ids()).toEqual(ids.filter((id) => !gone.includes(id)));
    expect(store.get("item 3")?.record).toEqual({
      row: 21,
      text: "…".repeat(21),
      nested: { list: [21, null, true, {}] },
    });
    await store.upsert([{ id: "new", vector: [1, 2, 3, 4, 5, 6, 7, 8], record: 1 as never }]);
    await store.save(directory);
    const again = await open(directory);
    expect(again.ids()).toEqual(store.ids());
    expect(again.identity).toEqual(store.identity);
  });
});

/** Changes to a store by someone who corrects all checksums. */
type Forgery = (store: ForgedStore) => object | undefined | Promise<object | undefined>;

const lines = (text: Buffer) => text.toString().trimEnd().split("\n");
const uint32 = (...values: number[]) => Buffer.from(Uint32Array.from(values).buffer);

const withRecords =
  (change: (lines: string[]) => string[]): Forgery =>
  async (store) => {
    const { records } = store.manifest.segments[0]!;
    const changed = change(lines(await store.read(records)));
    await store.replace(records, changed.map((line) => `${line}\n`).join(""));
    return undefined;
  };

const withFirstLine = (line: string) => withRecords(([, ...rest]) => [line, ...rest]);

const forgeries: [string, Forgery][] = [
  [
    "a segment that is named twice",
    ({ manifest: { segments } }) => ({ segments: [...segments, segments[0]] }),
  ],
  [
    "100,000 segments",
    ({ manifest: { segments } }) => ({ segments: Array(100_000).fill(segments[1]) }),
  ],
  [
    "segments without rows",
    ({
      manifest: {
        segments: [a, b],
      },
    }) => ({ segments: [a, { ...b, rows: 0 }] }),
  ],
  [
    "more rows than the bytes allow",
    ({
      manifest: {
        segments: [a, b],
      },
    }) => ({ segments: [a, { ...b, rows: 2 ** 30 }] }),
  ],
  [
    "vectors as records",
    ({
      manifest: {
        segments: [a, b],
      },
    }) => ({ segments: [a, { ...b, records: b!.vectors }] }),
  ],
  [
    "a file in another folder",
    ({
      manifest: {
        segments: [a, b],
      },
    }) => ({
      segments: [a, { ...b, records: { ...b!.records, file: "../records-1-00000000.jsonl" } }],
    }),
  ],
  [
    "the manifest as deleted rows",
    ({ manifest: { deleted } }) => ({
      deleted: { ...deleted, file: "faiss-store.json" },
    }),
  ],
  ["more items than rows", () => ({ size: 24 })],
  ["fewer items than the files have", () => ({ size: 19 })],
  ["a fractional dimension", () => ({ dimension: 7.5 })],
  ["an infinite oversample", () => ({ oversample: null })],
  ["a generation that cannot grow", () => ({ generation: Number.MAX_SAFE_INTEGER })],
  ["nprobe of 2 ** 40", () => ({ nprobe: 2 ** 40 })],
  ["an identity that is a list", () => ({ identity: ["tiny"] })],
  [
    "an index file for a flat index",
    ({ manifest: { deleted } }) => ({
      index_file: { ...deleted, file: "index-1-00000000.faiss", rows: 2 },
      deleted: null,
      size: 22,
    }),
  ],
  [
    "the same id twice",
    withRecords(([one, two, ...rest]) => [one!, two!.replace("item 1", "item 0"), ...rest]),
  ],
  [
    "the same sequence number twice",
    withRecords(([one, two, ...rest]) => [one!, two!.replace("[1,", "[0,"), ...rest]),
  ],
  ["a negative sequence number", withFirstLine('[-1,"item 0",null]')],
  [
    "a sequence number that leaves no room for more",
    withFirstLine('[9007199254740991,"item 0",null]'),
  ],
  ["an empty id", withFirstLine('[0,"",null]')],
  ["a line that is an object", withFirstLine('{"0":0,"1":"item 0","2":null,"length":3}')],
  [
    "a record nested 100,000 levels deep",
    withFirstLine(`[0,"item 0",${"[".repeat(1e5)}${"]".repeat(1e5)}]`),
  ],
  ["a line that never ends", withFirstLine(`[0,"item 0","${"x".repeat(2 ** 25)}`)],
  ["one line too many", withRecords((all) => [...all, "null"])],
  ["one line too few", withRecords((all) => all.slice(1))],
  ["a live row that is dead in the records", withFirstLine("null")],
  [
    "a row that is deleted twice",
    async (store) => {
      await store.replace(store.manifest.deleted!, uint32(3, 3, 7));
      return undefined;
    },
  ],
  [
    "a deleted row that does not exist",
    async (store) => {
      await store.replace(store.manifest.deleted!, uint32(3, 23));
      return undefined;
    },
  ],
  [
    "a gigabyte of deleted rows",
    ({ manifest: { deleted } }) => ({ deleted: { ...deleted, bytes: 2 ** 30 } }),
  ],
  [
    "a vector that is not a number",
    async (store) => {
      const { vectors } = store.manifest.segments[0]!;
      const bytes = await store.read(vectors);
      bytes.writeFloatLE(Number.NaN, bytes.length - 4);
      await store.replace(vectors, bytes);
      return undefined;
    },
  ],
  [
    "a vector a thousand times too long",
    async (store) => {
      const { vectors } = store.manifest.segments[0]!;
      const bytes = await store.read(vectors);
      bytes.writeFloatLE(1000, bytes.length - 4);
      await store.replace(vectors, bytes);
      return undefined;
    },
  ],
];

describe("a store with correct checksums but wrong content", () => {
  it.each(forgeries)("is refused: %s", async (_what, forge) => {
    const store = await ForgedStore.copyOf(join(savedStores, "flat"), join(folder, "forged"));
    await store.sign((await forge(store)) ?? {});
    expect(await expectTyped(open(store.directory))).toBe("FILE_DAMAGED");
  });

  it("is refused if its identity is nested 100,000 levels deep", async () => {
    const store = await ForgedStore.copyOf(join(savedStores, "flat"), join(folder, "deep"));
    await store.sign();
    const manifest = await store.read({ file: "faiss-store.json", bytes: 0, sha256: "" });
    const deep = `{"identity":${'{"a":'.repeat(1e5)}1${"}".repeat(1e5)},`;
    const forged = manifest
      .toString()
      .replace("{", deep)
      .replace('"identity":{"model"', '"x":{"model"');
    await store.replace({ file: "faiss-store.json", bytes: 0, sha256: "" }, forged);
    expect(await expectTyped(open(store.directory))).toBe("FILE_DAMAGED");
  });

  const makeFifo = (path: string) => void execFileSync("mkfifo", [path]);
  it.each([
    { what: "folder", make: (path: string) => mkdir(path) },
    // Windows has none.
    ...(process.platform === "win32" ? [] : [{ what: "FIFO", make: makeFifo }]),
  ])("is refused at once if a file is a $what", async ({ what, make }) => {
    const store = await ForgedStore.copyOf(join(savedStores, "flat"), join(folder, what));
    const { records } = store.manifest.segments[0]!;
    for (const file of [records.file, "faiss-store.json"]) {
      await rm(join(store.directory, file));
      await make(join(store.directory, file));
      expect(await expectTyped(open(store.directory))).toBe("READ_FAILED");
    }
  });
});

/** Replaces a value somewhere in JSON. */
function withValueAt(value: unknown, path: number, replacement: unknown): unknown {
  if (typeof value !== "object" || value === null) return replacement;
  const keys = Object.keys(value);
  const key = keys[path % (keys.length + 1)];
  if (key === undefined) return replacement;
  const part = (value as Record<string, unknown>)[key];
  const changed = withValueAt(part, Math.floor(path / (keys.length + 1)), replacement);
  if (Array.isArray(value))
    return value.map((item, index) => (`${index}` === key ? changed : item));
  return { ...value, [key]: changed };
}

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(0, -1, 0.5, 1, 2, 3, 20, 23, 2 ** 31, 2 ** 53, 1e308, null, "", "Flat", "int8"),
);

describe("any store with correct checksums", () => {
  it.each(["flat", "int8"])("is sound or refused with a code: %s", async (name) => {
    const outcomes = new Set<string>();
    const original = await ForgedStore.copyOf(join(savedStores, name), join(folder, "fuzzed"));
    const originalText = await original.read(original.manifest.segments[0]!.records);
    const originalLines = lines(originalText).map((line): unknown => JSON.parse(line));
    const change = fc.oneof(
      fc.record({ path: fc.nat(), value: odd }),
      fc.record({ file: fc.nat(4), at: fc.nat(2_000), byte: fc.nat(255) }),
      fc.record({ line: fc.nat(19), path: fc.nat(100), value: odd }),
    );
    await assertWithin(
      6_000,
      fc.array(change, { minLength: 1, maxLength: 2 }),
      async (changes) => {
        const store = await ForgedStore.copyOf(join(savedStores, name), join(folder, "fuzzed"));
        let manifest: unknown = store.manifest;
        const { segments, deleted } = store.manifest;
        for (const change of changes) {
          if ("file" in change) {
            const files = segments.flatMap(({ vectors, records }) => [vectors, records]);
            const file = [...files, deleted!][change.file]!;
            const bytes = await store.read(file);
            bytes[change.at % bytes.length] = change.byte;
            await store.replace(file, bytes);
          } else if ("line" in change) {
            const { records } = segments[0]!;
            const all = lines(await store.read(records));
            const line = originalLines[change.line];
            all[change.line] = JSON.stringify(withValueAt(line, change.path, change.value));
            await store.replace(records, `${all.join("\n")}\n`);
          } else manifest = withValueAt(store.manifest, change.path, change.value);
        }
        await store.sign({ ...(manifest as object) });
        outcomes.add(await expectTyped(open(store.directory)));
      },
      { numRuns: 200 },
    );
    expect(outcomes).toContain("sound");
    expect(outcomes).toContain("FILE_DAMAGED");
  });
});
