import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Embedder } from "@embeddinggemma/core";
import { modelPath } from "@embeddinggemma/tiny-model";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Hit, type Item, type Subject, subjects } from "./subjects.ts";

interface Passage {
  id: string;
  title: string;
  topic: string;
  year: number;
  text: string;
}

const passages = JSON.parse(
  readFileSync(new URL("../../../examples/quickstart/data/passages.json", import.meta.url), "utf8"),
) as Passage[];
const items: Item[] = passages.map(({ id, text, topic, year }) => ({
  id,
  text,
  metadata: { topic, year },
}));
const queries = [
  "Who walked on the Moon?",
  "How does bread rise?",
  "Why do leaves turn red in autumn?",
  "火星 🪐",
];

const engines = ["faiss", "builtin"] as const;
const cases = engines.flatMap((engine) =>
  [768, 128].flatMap((searchDimension) =>
    Object.keys(subjects).map((name) => ({ name, engine, searchDimension })),
  ),
);

let embedder: Embedder;
let folder: string;
/** The expected result: all items, ranked by the embedder's own similarity. */
let truth: (query: string) => Promise<Hit[]>;

beforeAll(async () => {
  embedder = await Embedder.load(modelPath);
  embedOnce(embedder);
  folder = await mkdtemp(join(tmpdir(), "conformance-"));
  const vectors = await embedder.encodeDocument(items.map(({ text }) => text));
  truth = async (query) => {
    const [scores] = embedder.similarity(await embedder.encodeQuery(query), vectors);
    return items
      .map((item, row) => ({ ...item, score: scores![row]! }))
      .sort((a, b) => b.score - a.score);
  };
});
afterAll(async () => {
  await embedder.dispose();
  await rm(folder, { recursive: true });
});

describe.each(cases)(
  "$name, engine $engine, searching $searchDimension numbers",
  ({ name, engine, searchDimension }) => {
    const make = (): Subject => subjects[name]!({ embedder, engine, searchDimension });
    const folderOf = (purpose: string) =>
      join(folder, `${name} ${engine} ${searchDimension} ${purpose}`);
    const filled = async (): Promise<Subject> => {
      const subject = make();
      expect(await subject.add(items)).toEqual(items.map(({ id }) => id));
      return subject;
    };

    it("uses the requested engine", async () => {
      expect(await make().engine()).toBe(engine);
    });

    it("finds the ids, order, scores, texts and metadata of the plain ranking", async () => {
      const subject = await filled();
      for (const query of queries)
        expectSame(await subject.search(query, 10), (await truth(query)).slice(0, 10));
      const all = await subject.search(queries[0]!, 1000);
      expectSame(all, await truth(queries[0]!));
    });

    it("finds k items that pass a filter, in the same order", async () => {
      const subject = await filled();
      for (const query of queries) {
        const expected = (await truth(query)).filter(({ metadata }) => metadata.topic === "space");
        expectSame(await subject.search(query, 5, { topic: "space" }), expected.slice(0, 5));
      }
      expect(await subject.search(queries[0]!, 5, { topic: "space", year: 1969 })).toHaveLength(1);
      expect(await subject.search(queries[0]!, 5, { topic: "none" })).toEqual([]);
    });

    it("finds the same items by maximal marginal relevance", async () => {
      const subject = await filled();
      const plain = subjects["the store itself"]!({ embedder, engine: "builtin" });
      await plain.add(items);
      for (const lambda of [0, 0.5, 1]) {
        expect(await subject.diverse(queries[0]!, 5, lambda)).toEqual(
          await plain.diverse(queries[0]!, 5, lambda),
        );
      }
      const relevant = (await truth(queries[0]!)).slice(0, 5).map(({ id }) => id);
      expect(await subject.diverse(queries[0]!, 5, 1)).toEqual(relevant);
    });

    it("keeps all items of concurrent adds", async () => {
      const subject = make();
      const parts = Array.from({ length: 10 }, (_, part) =>
        items.filter((_, row) => row % 10 === part),
      );
      await Promise.all(parts.map((part) => subject.add(part)));
      const found = await subject.search(queries[0]!, 1000);
      expect(found.map(({ id }) => id).toSorted()).toEqual(items.map(({ id }) => id).toSorted());
    });

    it("finds nothing and deletes nothing while it is empty", async () => {
      const subject = make();
      expect(await subject.search(queries[0]!, 3)).toEqual([]);
      expect(await subject.diverse(queries[0]!, 3, 0.5)).toEqual([]);
      await subject.delete(["mars"]);
      expect(await subject.add([])).toEqual([]);
    });

    it("keeps equal texts with different ids, in order, and one item for each id", async () => {
      const subject = make();
      const [item] = items as [Item, ...Item[]];
      const twins = ["b", "a", "c"].map((id) => ({ ...item, id }));
      await subject.add(twins);
      expect((await subject.search(item.text, 3)).map(({ id }) => id)).toEqual(["b", "a", "c"]);
      await subject.add([{ ...items[1]!, id: "a" }]);
      const found = await subject.search(items[1]!.text, 10);
      expect(found).toHaveLength(3);
      expect(found[0]).toMatchObject({ ...items[1]!, id: "a" });
      const repeated = [
        { ...items[2]!, id: "d" },
        { ...items[3]!, id: "d" },
      ];
      await expect(subject.add(repeated)).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        details: { id: "d", count: 2 },
      });
      expect(await subject.search(items[3]!.text, 10)).toEqual(
        await subject.search(items[3]!.text, 3),
      );
    });

    it("keeps ids, texts and metadata in all scripts", async () => {
      const subject = make();
      const odd: Item[] = [
        {
          id: "火星 🔴",
          text: "火星是红色的行星。👩‍🚀",
          metadata: { "ключ ü": 'значение\n"1"', __proto__x: "y" },
        },
        { id: "المريخ/../..", text: "المريخ كوكب أحمر", metadata: { e: "e\u0301", é: "\u00e9" } },
        { id: " ", text: "\u0000 \u2028 \ud83e\ude90", metadata: {} },
      ];
      await subject.add(odd);
      const again = await subject.reopened(folderOf("unicode"));
      for (const one of [subject, again]) {
        const found = await one.search("Mars", 10);
        for (const item of odd)
          expect(found).toContainEqual({ ...item, score: expect.any(Number) });
      }
      await again.delete(["火星 🔴"]);
      expect(await again.search("Mars", 10)).toHaveLength(2);
    });

    it("deletes items and adds them again", async () => {
      const subject = await filled();
      const best = (await truth(queries[0]!))[0]!;
      await subject.delete([best.id, "unknown"]);
      expectSame(await subject.search(queries[0]!, 5), (await truth(queries[0]!)).slice(1, 6));
      await subject.add(items.filter(({ id }) => id === best.id));
      expectSame(await subject.search(queries[0]!, 5), (await truth(queries[0]!)).slice(0, 5));
      await subject.delete(items.map(({ id }) => id));
      expect(await subject.search(queries[0]!, 5)).toEqual([]);
      await subject.add(items);
      expectSame(await subject.search(queries[0]!, 5), (await truth(queries[0]!)).slice(0, 5));
    });

    it("finds the same after it was saved and opened, and accepts more changes", async () => {
      const subject = await filled();
      const again = await subject.reopened(folderOf("reload"));
      for (const query of queries)
        expect(await again.search(query, 10)).toEqual(await subject.search(query, 10));
      await again.delete([items[0]!.id]);
      await again.add([
        {
          id: "new",
          text: "A robot drills into the red dust of Mars.",
          metadata: { topic: "space" },
        },
      ]);
      const third = await again.reopened(folderOf("reload"));
      const ids = (await third.search(queries[0]!, 1000)).map(({ id }) => id);
      expect(ids).toContain("new");
      expect(ids).not.toContain(items[0]!.id);
      expect(ids).toHaveLength(items.length);
    });
  },
);

/** Caches vectors: every subject embeds the same texts again and again. */
function embedOnce(one: Embedder): void {
  const encode = one.encodeDocument.bind(one) as (
    input: unknown,
    options?: object,
  ) => Promise<unknown>;
  const known = new Map<string, Promise<unknown>>();
  vi.spyOn(one, "encodeDocument").mockImplementation(((input: unknown, options?: object) => {
    const key = JSON.stringify([input, options]);
    const vectors = known.get(key) ?? encode(input, options);
    known.set(key, vectors);
    return vectors;
  }) as typeof one.encodeDocument);
}

/** Ignores the order of items whose scores differ by less than the precision of float32. */
function expectSame(found: Hit[], expected: Hit[]): void {
  expect(found.map(({ score }) => score)).toEqual(
    expected.map(({ score }) => expect.closeTo(score, 5)),
  );
  found.forEach(({ score: _, ...item }, place) => {
    const { score, ...same } = expected[place]!;
    if (expected.some((other) => other.id !== same.id && Math.abs(other.score - score) < 1e-5))
      return;
    expect(item).toEqual(same);
  });
}
