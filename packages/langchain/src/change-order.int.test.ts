import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Document } from "@langchain/core/documents";
import { Embeddings } from "@langchain/core/embeddings";
import { beforeEach, describe, expect, it } from "vitest";
import { FaissStore } from "./faiss-store.ts";

/** Embeds at once, except texts that begin with "slow". Those wait for `finish`, or for `fail`. */
class SlowEmbeddings extends Embeddings {
  finish = () => {};
  fail = (_: Error) => {};
  readonly #slow = new Promise<void>((resolve, reject) => {
    this.finish = resolve;
    this.fail = reject;
  });

  constructor() {
    super({});
  }

  async embedDocuments(texts: string[]): Promise<number[][]> {
    if (texts.some((text) => text.startsWith("slow"))) await this.#slow;
    return texts.map(() => [1, 0]);
  }

  async embedQuery(): Promise<number[]> {
    return [1, 0];
  }
}

const slow = () =>
  new Document({ id: "a", pageContent: "slow", metadata: { lang: "en", tags: ["x"] } });
const quick = () => new Document({ id: "a", pageContent: "quick", metadata: { lang: "de" } });

describe("FaissStore: changes while documents are still being embedded", () => {
  let embeddings: SlowEmbeddings;
  let store: FaissStore;
  beforeEach(() => {
    embeddings = new SlowEmbeddings();
    store = new FaissStore(embeddings);
  });

  const texts = async (one = store) =>
    (await one.similaritySearch("", 9)).map(({ pageContent }) => pageContent);

  /** Calls while the slow document is embedded. It has long enough to come first. */
  async function duringAddition<T>(call: () => Promise<T>): Promise<T> {
    const added = store.addDocuments([slow()]);
    const called = call();
    await setTimeout(20);
    embeddings.finish();
    await added;
    return called;
  }

  it("a later addition replaces an earlier one that takes longer", async () => {
    await duringAddition(() => store.addDocuments([quick()]));
    expect(await texts()).toEqual(["quick"]);
  });

  it("later vectors replace documents that take longer", async () => {
    await duringAddition(() => store.addVectors([[1, 0]], [quick()]));
    expect(await texts()).toEqual(["quick"]);
  });

  it.each([{ ids: ["a"] }, { filter: { lang: "en" } }, { filter: () => true }])(
    "a deletion by %o sees the addition",
    async (which) => {
      await duringAddition(() => store.delete(which));
      expect(await texts()).toEqual([]);
    },
  );

  it("a save has the addition", async () => {
    const folder = await mkdtemp(join(tmpdir(), "change-order-"));
    try {
      await duringAddition(() => store.save(folder));
      const loaded = await FaissStore.load(folder, embeddings, { allowMismatch: true });
      expect(await texts(loaded)).toEqual(["slow"]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("another store takes over the addition", async () => {
    const other = new FaissStore(embeddings);
    expect(await duringAddition(() => other.mergeFrom(store))).toEqual(["a"]);
  });

  it("a merge sees the addition, and refuses its id", async () => {
    const other = new FaissStore(embeddings);
    await other.addDocuments([quick()]);
    await expect(duringAddition(() => store.mergeFrom(other))).rejects.toThrow(
      /has items with the ids "a"/,
    );
  });

  it("an addition that fails does not hold up later ones", async () => {
    const added = store.addDocuments([slow()]);
    const others = [store.addDocuments([quick()]), store.delete({ ids: ["b"] })];
    embeddings.fail(new Error("no memory"));
    await expect(added).rejects.toThrow("no memory");
    await Promise.all(others);
    expect(await texts()).toEqual(["quick"]);
  });

  it("an addition that fails at once does not let later ones overtake earlier ones", async () => {
    await duringAddition(async () => {
      const invalid = new Document({ pageContent: "", metadata: { not: NaN } });
      await expect(store.addDocuments([invalid])).rejects.toThrow("NaN");
      await store.addDocuments([quick()]);
    });
    expect(await texts()).toEqual(["quick"]);
  });

  it("an abort ends the wait for earlier additions", async () => {
    const added = store.addDocuments([slow()]);
    const controller = new AbortController();
    const second = store.addDocuments([quick()], { signal: controller.signal });
    await setTimeout(20);
    controller.abort(new Error("enough"));
    await expect(second).rejects.toThrow("enough");
    embeddings.finish();
    await added;
    expect(await texts()).toEqual(["slow"]);
  });

  it("later changes of what was passed have no effect", async () => {
    const document = slow();
    const ids = ["b"];
    const added = store.addDocuments([document]);
    const deleted = store.delete({ ids });
    document.pageContent = "changed";
    document.metadata.tags.push("changed");
    ids.push("a");
    embeddings.finish();
    await Promise.all([added, deleted]);
    expect(await store.getByIds(["a"])).toEqual([slow()]);
  });
});
