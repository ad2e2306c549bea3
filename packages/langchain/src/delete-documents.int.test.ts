import { FaissStore as CoreStore } from "@embeddinggemma/faiss";
import { Document } from "@langchain/core/documents";
import { FakeEmbeddings } from "@langchain/core/utils/testing";
import { beforeEach, describe, expect, it } from "vitest";
import type { DocumentFilter } from "./document-filter.ts";
import type { DocumentRecord } from "./document-record.ts";
import { FaissStore } from "./faiss-store.ts";

const documentsOf = (count: number) =>
  Array.from(
    { length: count },
    (_, row) => new Document({ id: `${row}`, pageContent: `${row}`, metadata: { lang: "en" } }),
  );

const vectorsOf = (count: number) => Array.from({ length: count }, (_, row) => [1, row]);

describe("FaissStore: deletion by a filter", () => {
  let store: FaissStore;
  const size = async () => (await store.client()).size;

  /** What a deletion does at each moment of an addition, from its call on. */
  async function deleteDuringAddition(filter: DocumentFilter, before: Document[]) {
    const outcomes = new Set<string>();
    for (let ticks = 0; ticks < 12; ticks++) {
      const index = await CoreStore.create<DocumentRecord>();
      store = new FaissStore(new FakeEmbeddings(), { store: index });
      await store.addVectors(vectorsOf(before.length), before);
      const added = store.addVectors(vectorsOf(5), documentsOf(5));
      for (let tick = 0; tick < ticks; tick++) await null;
      const deleted = store.delete({ filter }).then(
        () => "deleted",
        () => "refused",
      );
      outcomes.add(`${await deleted}, ${(await added) && index.size} left`);
    }
    return [...outcomes];
  }

  it("with an unknown key, loses no documents that are being added", async () => {
    const outcomes = await deleteDuringAddition({ lnag: { $ne: "en" } }, []);
    expect(outcomes).toEqual(["refused, 5 left"]);
  });

  it("knows the keys of documents that are being added", async () => {
    const before = [new Document({ pageContent: "without metadata" })];
    const outcomes = await deleteDuringAddition({ lang: { $ne: "de" } }, before);
    expect(outcomes).toEqual(["deleted, 0 left"]);
  });

  it("asks a function once about each document", async () => {
    store = new FaissStore(new FakeEmbeddings());
    await store.addVectors(vectorsOf(4), documentsOf(4));
    let asked = 0;
    await store.delete({ filter: () => asked++ % 2 === 0 });
    expect([asked, await size()]).toEqual([4, 2]);
  });

  it.each([({ metadata }: Document) => metadata.lang, () => undefined, () => 1])(
    "refuses a function that returns neither true nor false: %s",
    async (filter) => {
      store = new FaissStore(new FakeEmbeddings());
      await store.addVectors(vectorsOf(4), documentsOf(4));
      await expect(store.delete({ filter: filter as DocumentFilter })).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining("must return true or false, but it returned"),
      });
      expect(await size()).toBe(4);
    },
  );

  describe("by the value of a key", () => {
    beforeEach(async () => {
      store = new FaissStore(new FakeEmbeddings());
      const metadata = { n: 3, tags: ["music"], lang: "en", on: true, draft: null };
      const dates = { seen: new Date("2024-01-01"), day: "2024-01-01", author: { name: "Ada" } };
      const document = new Document({ pageContent: "a", metadata: { ...metadata, ...dates } });
      await store.addVectors(vectorsOf(2), [document, new Document({ pageContent: "b" })]);
    });

    it.each<[DocumentFilter, string]>([
      [{ n: { $ne: "3" } }, "a string under the metadata key `n`"],
      [{ n: { $neq: true } }, "a boolean under the metadata key `n`"],
      [{ n: { $nin: [4, "3"] } }, "a string under the metadata key `n`"],
      [{ n: { $ne: "2024" } }, "a string or a date under the metadata key `n`"],
      [{ lang: { $ne: ["en"] } }, "a list under the metadata key `lang`"],
      [{ draft: { $ne: "no" } }, "a string under the metadata key `draft`"],
      [{ seen: { $ne: "yesterday" } }, "a string under the metadata key `seen`"],
      [{ "author.name": { $ne: 5 } }, "a number under the metadata key `author.name`"],
      [{ $not: { n: { $gt: "3" } } }, "a string under the metadata key `n`"],
      [{ $not: { n: "3" } }, "a string under the metadata key `n`"],
      [{ $not: { n: ["3"] } }, "a string under the metadata key `n`"],
      [{ $not: { n: { $in: ["3"] } } }, "a string under the metadata key `n`"],
      [{ $not: { tags: { $contains: 5 } } }, "a list with a number under the metadata key `tags`"],
      [
        { $not: { lang: { $contains: "e" } } },
        "a list with a string under the metadata key `lang`",
      ],
      [{ lang: null, $or: [{ n: { $ne: "3" } }] }, "a string under the metadata key `n`"],
      [{ $not: { $or: [{ lang: "de" }, { n: "3" }] } }, "a string under the metadata key `n`"],
    ])("%j is refused: no document has such a type", async (filter, what) => {
      await expect(store.delete({ filter })).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(`^No document has ${what}, .* Nothing was deleted\\. `),
      });
      expect(await size()).toBe(2);
    });

    it("a negation is refused if some documents have lists, also beside other values", async () => {
      const [document] = documentsOf(1);
      await store.addVectors(vectorsOf(1), [{ ...document!, metadata: { tags: "music" } }]);
      await expect(store.delete({ filter: { tags: { $ne: "music" } } })).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message:
          "Documents have lists under the metadata key `tags`, and a negation is true for these. " +
          "Nothing was deleted. For both, write " +
          '{ $and: [{ "tags": { $ne: … } }, { $not: { "tags": { $contains: … } } }] }.',
      });
      const filter = {
        $and: [{ tags: { $ne: "music" } }, { $not: { tags: { $contains: "music" } } }],
      };
      await store.delete({ filter });
      expect(await size()).toBe(2);
      await store.addVectors(vectorsOf(2), [
        { ...document!, id: "news", metadata: { lang: "de", tags: "news" } },
        { ...document!, id: "music", metadata: { lang: "de", tags: "music" } },
      ]);
      // The list is that of another document.
      await store.delete({ filter: { lang: "de", tags: { $ne: "music" } } });
      expect(await size()).toBe(3);
    });

    it.each<[DocumentFilter, string]>([
      [{ n: "3" }, "under `n`, but the documents have numbers there. … Pass a number."],
      [{ lang: "en", n: { $gte: "3" } }, "under `n`, but the documents have numbers there. …"],
      [{ tags: "music" }, "have lists there. … For a value in a list, use $contains"],
      [{ tags: ["music"] }, "have lists there. … For a value in a list, use $contains"],
      [{ $or: [{ n: "3" }] }, "under `n`, but the documents have numbers there. … Pass a number."],
      [{ seen: { $lt: "01.02.2026" } }, "have dates there. … Write the date as in ISO 8601"],
    ])("%j is refused: it would delete nothing", async (filter, what) => {
      await expect(store.delete({ filter })).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining(what.replace("…", "Nothing was deleted.")),
      });
    });

    it.each<[DocumentFilter, number]>([
      [{ n: { $ne: 4 } }, 0],
      [{ n: { $ne: null } }, 1],
      [{ tags: { $ne: ["music"] } }, 1],
      [{ on: { $nin: [true, null] } }, 2],
      [{ seen: { $ne: "2024-01-01" } }, 1],
      [{ day: { $ne: new Date("2024-01-01") } }, 1],
      [{ day: { $ne: "yesterday" } }, 0],
      [{ $not: { lang: { $in: ["de"] } } }, 0],
      [{ n: { $gt: 3 } }, 2],
      [{ draft: "yes" }, 2],
      [{ $or: [{ n: "3" }, { lang: "de" }] }, 2],
      [{ tags: { $contains: "music" } }, 1],
      [{ $not: { $or: [{ tags: "music" }, { tags: { $contains: "music" } }] } }, 1],
      [{ $not: { tags: { $contains: "music" } } }, 1],
    ])("%j is not refused, and leaves %i", async (filter, left) => {
      await store.delete({ filter });
      expect(await size()).toBe(left);
    });
  });

  it("says which record is no document", async () => {
    const index = await CoreStore.create<DocumentRecord>();
    const record = { pageContent: "b", metadata: null };
    await index.upsert([
      { id: "a", vector: [1, 0], record: { pageContent: "a", metadata: { lang: "en" } } },
      { id: "b", vector: [0, 1], record: record as never },
    ]);
    store = new FaissStore(new FakeEmbeddings(), { store: index });
    for (const filter of [{ lang: "en" }, { lnag: null }, () => true])
      for (const call of [
        () => store.delete({ filter }),
        () => store.similaritySearchVectorWithScore([1, 0], 2, filter),
      ])
        await expect(call()).rejects.toMatchObject({
          code: "INVALID_RECORD",
          message: expect.stringMatching(/^The item "b" of the store is no document/),
        });
    expect(await size()).toBe(2);
  });

  it("takes a document without metadata for one without keys", async () => {
    const index = await CoreStore.create<DocumentRecord>();
    const records = [{ pageContent: "a", metadata: { lang: "en" } }, { pageContent: "b" }];
    await index.upsert(records.map((record, row) => ({ vector: [1, row], record }) as never));
    store = new FaissStore(new FakeEmbeddings(), { store: index });
    await store.delete({ filter: { lang: null } });
    expect(await size()).toBe(1);
  });
});
