import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FaissStore } from "../faiss-store.ts";
import type { LangChainDocument, PythonObject } from "../interchange-types.ts";
import type { JsonValue } from "../types.ts";

/** Written by LangChain for Python: test/reference/faiss/make_metadata.py. */
const fixtures = join(import.meta.dirname, "../../../../test/fixtures/faiss");
const odd = join(fixtures, "python-metadata/langchain");

interface Source {
  pageContent: string;
  metadata: { [key: string]: JsonValue };
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "faiss-metadata-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("metadata with objects of Python", () => {
  it("are refused by document and key if nobody decides about an unknown class", async () => {
    await expect(FaissStore.import(odd, { engine: "builtin" })).rejects.toMatchObject({
      code: "INVALID_RECORD",
      message:
        `Document 1 ("odd") in ${join(odd, "index.pkl")} cannot be imported: metadata.color is ` +
        "an object of Python's class __main__.Color, which has no known form in JSON. Pass " +
        'toRecord to decide what to store: it gets { pythonClass: "__main__.Color", … } in its ' +
        "place. Nothing was run.",
      details: {
        file: join(odd, "index.pkl"),
        position: 1,
        id: "odd",
        path: "metadata.color",
        pythonClass: "__main__.Color",
      },
    });
  });

  it("are described to toRecord, and what it returns is stored", async () => {
    const sources: Record<string, JsonValue> = {};
    const store = await FaissStore.import<Source>(odd, {
      engine: "builtin",
      toRecord: (source, id) => {
        sources[id] = structuredClone(source);
        const { pageContent, metadata } = source as unknown as Source;
        const { color } = metadata as { color?: PythonObject };
        return { pageContent, metadata: color ? { color: color.args![0]! } : metadata };
      },
    });
    expect(sources.odd).toEqual({
      pageContent: "odd",
      metadata: {
        color: { pythonClass: "__main__.Color", args: ["red"] },
        points: [
          { pythonClass: "__main__.Point", args: [], state: { x: "2024-01-02T00:00:00+00:00" } },
        ],
        kind: { pythonClass: "__main__.Point" },
        '__main__.Color("red")': 1,
        authors: ["one", "another"],
      },
    });
    expect(store.get("odd")!.record.metadata).toEqual({ color: "red" });
    expect(store.get("7")!.record).toEqual({
      pageContent: "p",
      metadata: {
        when: "2024-01-02T00:00:00+00:00",
        price: 9.9,
        score: 0.5,
        authors: ["one", "another"],
      },
    });
  });

  it("are copies in each source, also where the pickle has a value only once", async () => {
    const seen: JsonValue[] = [];
    await FaissStore.import(odd, {
      engine: "builtin",
      toRecord: (source) => {
        const { authors } = (source as unknown as Source).metadata;
        seen.push(structuredClone(authors!));
        (authors as string[]).push("changed");
        return null;
      },
    });
    expect(seen).toEqual([
      ["one", "another"],
      ["one", "another"],
    ]);
  });

  it("do not matter to a record that leaves them out", async () => {
    const store = await FaissStore.import<string>(odd, {
      engine: "builtin",
      toRecord: (source) => (source as unknown as Source).pageContent,
    });
    expect([...store].map(({ record }) => record)).toEqual(["p", "odd"]);
  });

  it("are refused with or without toRecord if Python would run a command", async () => {
    const malicious = join(fixtures, "malicious-metadata");
    const toRecord = () => null;
    await expect(FaissStore.import(malicious, { toRecord })).rejects.toMatchObject({
      code: "UNSAFE_FILE",
      message: expect.stringMatching(/asks Python to call "builtins.eval".* Nothing was run\./),
    });
    expect(existsSync("pwned")).toBe(false);
  });
});

describe("a folder of LangChain for Python", () => {
  /** Changes names of classes, which keep their length. */
  const renamed = async (...names: [before: string, after: string][]) => {
    const copy = await mkdtemp(join(folder, "renamed-"));
    await cp(join(fixtures, "langchain-python"), copy, { recursive: true });
    let pickle = await readFile(join(copy, "index.pkl"), "latin1");
    for (const [before, after] of names) {
      expect(pickle).toContain(before);
      pickle = pickle.replaceAll(before, after);
    }
    await writeFile(join(copy, "index.pkl"), pickle, "latin1");
    return FaissStore.import<Source & { category?: string }>(copy, { engine: "builtin" });
  };

  it("is read if its docstore and documents are of subclasses", async () => {
    const expected = await renamed();
    const store = await renamed(["InMemoryDocstore", "LoggingDocstores"], ["Document", "DocumenX"]);
    expect([...store]).toEqual([...expected]);
  });

  it("keeps further fields of its documents", async () => {
    const store = await renamed(["Document", "DocumenX"], ["type", "kind"]);
    expect(store.get("planet-0")!.record).toMatchObject({
      pageContent: "Mercury",
      kind: "DocumenX",
    });
  });

  it("can be one that a store has exported with dates: they come back as ISO text", async () => {
    const dated = await FaissStore.create<LangChainDocument>();
    const when = new Date("2024-05-01T12:30:59.123Z");
    const midnight = new Date("0001-01-01T00:00:00Z");
    const record = { pageContent: "a", metadata: { when, all: [{ midnight }] } };
    await dated.upsert([{ id: "a", vector: [1, 0], record }]);
    await dated.exportLangChainPython(join(folder, "dated"));
    const again = await FaissStore.import<LangChainDocument>(join(folder, "dated"));
    const { metadata } = again.get("a")!.record;
    expect(metadata).toEqual({
      when: "2024-05-01T12:30:59.123000+00:00",
      all: [{ midnight: "0001-01-01T00:00:00+00:00" }],
    });
    expect(new Date(metadata.when as string)).toEqual(when);
    await again.close();
  });
});
