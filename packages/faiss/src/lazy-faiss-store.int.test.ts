import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FaissStore } from "./faiss-store.ts";
import { describeEmbedding, LazyFaissStore } from "./lazy-faiss-store.ts";

const own = "tiny?dtype=q8";
const mismatch = { code: "IDENTITY_MISMATCH" };

describe("LazyFaissStore", () => {
  let root: string;
  let saved: string;
  let anonymous: string;
  let given: FaissStore;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "lazy-faiss-store-"));
    anonymous = join(root, "anonymous");
    await (await storeOf(undefined)).save(anonymous);
  });
  afterAll(() => rm(root, { recursive: true }));
  beforeEach(async () => {
    given = await storeOf(own);
    saved = await mkdtemp(join(root, "saved-"));
    await given.save(saved);
  });

  /** The store in a folder and the given store must be treated alike. */
  const both = (embedding: object, options: object = {}) => [
    new LazyFaissStore(embedding, options, saved),
    new LazyFaissStore(embedding, { ...options, store: given }),
  ];

  it("is opened by an embedding that states the store's identity", async () => {
    for (const lazy of both(embeddingOf(own))) {
      expect((await lazy.get()).identity).toBe(own);
      expect((await lazy.existing())?.size).toBe(1);
    }
  });

  it("says what differs if the embedding states another identity", async () => {
    for (const [position, lazy] of both(embeddingOf("tiny?dtype=fp32")).entries()) {
      const error = await lazy.get().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        ...mismatch,
        details: { stored: own, given: "tiny?dtype=fp32" },
      });
      const place = position === 0 ? `the store in ${saved}, ` : "the store, ";
      expect((error as Error).message).toContain(`made the vectors in ${place}`);
      expect((error as Error).message.split("\n")).toEqual([
        expect.stringMatching(
          /They differ in dtype \(the store: q8; yours: fp32\)\. .*allowMismatch/,
        ),
        'The store has the identity "tiny?dtype=q8".',
        'Your embedding has the identity "tiny?dtype=fp32".',
      ]);
    }
  });

  const dimension = () => 2;
  it.each([
    ["no methods", {}],
    ["an identity of undefined", { identity: () => undefined, dimension }],
    ["an identity of null", { identity: () => null, dimension }],
    ["only a dimension", { dimension }],
  ])("is not opened by an embedding with %s", async (_, embedding) => {
    for (const lazy of both(embedding)) {
      await expect(lazy.get()).rejects.toMatchObject({
        ...mismatch,
        details: { stored: own, given: null },
        message: expect.stringMatching(/states no identity.*`identity`.*allowMismatch: true/),
      });
    }
  });

  it("does not delete for an embedding without identity(), since that needs no model", async () => {
    for (const lazy of both({})) await expect(lazy.existing()).rejects.toMatchObject(mismatch);
    for (const lazy of both(embeddingOf("another"))) expect(await lazy.existing()).toBeDefined();
  });

  it("is opened at the caller's word: the store's identity", async () => {
    for (const lazy of both({}, { identity: own })) expect((await lazy.get()).identity).toBe(own);
    for (const lazy of both({}, { identity: "another" }))
      await expect(lazy.get()).rejects.toMatchObject({
        ...mismatch,
        details: { given: "another" },
      });
    for (const lazy of both(embeddingOf("another"), { identity: own }))
      expect((await lazy.get()).identity).toBe(own);
  });

  it("is opened at the caller's word: allowMismatch", async () => {
    for (const lazy of both({}, { allowMismatch: true })) {
      expect((await lazy.existing())?.identity).toBe(own);
      expect((await lazy.get()).identity).toBe(own);
    }
    const [opened, used] = both(embeddingOf("another"), { allowMismatch: true });
    expect((await used!.get()).identity).toBe(own);
    await (await opened!.get()).save(saved);
    expect((await FaissStore.open(saved)).identity).toBe("another");
  });

  it("checks the dimension in any case", async () => {
    const longer = { ...embeddingOf(own), dimension: async () => 3 };
    for (const options of [{}, { allowMismatch: true }, { identity: own }]) {
      for (const lazy of both(longer, options))
        await expect(lazy.get()).rejects.toMatchObject({ code: "DIMENSION_MISMATCH" });
    }
  });

  it("is not opened at the caller's word: the dimension", async () => {
    for (const directory of [saved, undefined])
      for (const dimension of [1, 3])
        await expect(
          new LazyFaissStore(embeddingOf(own), { dimension }, directory).get(),
        ).rejects.toMatchObject({
          code: "DIMENSION_MISMATCH",
          message: expect.stringContaining(`The option dimension says ${dimension}, but`),
          details: { expected: dimension, given: 2 },
        });
    const silent = new LazyFaissStore({}, { dimension: 3 });
    expect((await silent.get()).dimension).toBe(3);
  });

  it("without identity, is opened by an embedding that states none", async () => {
    expect((await new LazyFaissStore({}, {}, anonymous).get()).size).toBe(1);
    const stating = new LazyFaissStore(embeddingOf(own), {}, anonymous);
    await expect(stating.get()).rejects.toMatchObject({
      ...mismatch,
      message: expect.stringContaining("The store has no identity."),
    });
    const agreed = new LazyFaissStore(embeddingOf(own), { allowMismatch: true }, anonymous);
    expect((await agreed.get()).identity).toBe(own);
    const store = await storeOf(undefined);
    expect(await new LazyFaissStore(embeddingOf(own), { store }).get()).toBe(store);
  });

  it("refuses options that a given store cannot use", () => {
    expect(() => new LazyFaissStore({}, { store: given, preset: "small", dimension: 2 })).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(/^`store` exists already, so preset, dimension cannot/),
      }),
    );
    expect(() => new LazyFaissStore({}, { allowMismatch: 1 as never })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
    expect(() => new LazyFaissStore({}, { allowMissmatch: true } as never)).toThrow(
      /Did you mean `allowMismatch`/,
    );
  });
});

describe("describeEmbedding", () => {
  it("takes what an embedding states", async () => {
    expect(await describeEmbedding({})).toEqual({});
    expect(await describeEmbedding(embeddingOf(own))).toEqual({ identity: own, dimension: 2 });
    expect(await describeEmbedding({ identity: () => own })).toEqual({ identity: own });
    expect(await describeEmbedding({ identity: () => null, dimension: 2 })).toEqual({});
  });
});

function embeddingOf(identity: string) {
  return { identity: async () => identity, dimension: async () => 2 };
}

async function storeOf(identity: string | undefined): Promise<FaissStore> {
  const store = await FaissStore.create({ identity, engine: "builtin" });
  await store.upsert([{ id: "mars", vector: [0.6, 0.8], record: null }]);
  return store;
}
