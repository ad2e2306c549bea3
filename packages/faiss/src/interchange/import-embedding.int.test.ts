import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { warningsOf } from "@embeddinggemma/internal/testing";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { FaissStore } from "../faiss-store.ts";
import type { ImportEmbedding, ImportOptions } from "../interchange-types.ts";
import { randomUnitVectors, seededRandom } from "../testing/random-vectors.ts";
import type { Vector } from "../types.ts";

const dimension = 32;
const identity = "letters?dtype=q8";

const randomVectors = (count: number, length: number, seed: number) =>
  randomUnitVectors(count, length, seededRandom(seed));

/** Counts the letters of a text. */
function lettersOf(text: string, length = dimension): Float32Array {
  const vector = new Float32Array(length);
  for (const character of text) vector[character.codePointAt(0)! % length]! += 1;
  return vector.map((value) => value + 0.01);
}

const embedding: ImportEmbedding<string> = {
  identity,
  dimension,
  textOf: (text) => text,
  embed: async (texts) => texts.map((text) => lettersOf(text)),
};
const anonymous = { ...embedding, identity: undefined };

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "import-embedding-"));
});
afterAll(() => rm(root, { recursive: true }));

/** A FAISS file with one vector for each text. */
async function fileOf(vectors: readonly Vector[]): Promise<string> {
  const path = join(await mkdtemp(join(root, "file-")), "index.faiss");
  const store = await FaissStore.create({
    engine: "builtin",
    dimension: vectors[0]?.length ?? dimension,
  });
  await store.upsert(vectors.map((vector, row) => ({ id: String(row), vector, record: null })));
  await store.exportFaiss(path);
  return path;
}

const importOf = (path: string, texts: readonly string[], options: ImportOptions<string> = {}) =>
  FaissStore.import<string>(path, {
    toRecord: (_, id) => texts[Number(id)]!,
    embedding,
    engine: "builtin",
    ...options,
  });

const sentences = Array.from(
  { length: 40 },
  (_, number) =>
    `${"the sun rises over hills and ".repeat(1 + (number % 7))}${number * number} valleys`,
);
const mismatch = { code: "IDENTITY_MISMATCH" };

describe("import with an embedding", () => {
  it("gives the store the identity of an embedding that made the vectors", async () => {
    const path = await fileOf(sentences.map((text) => lettersOf(text)));
    const store = await importOf(path, sentences);
    expect([store.identity, store.size]).toEqual([identity, 40]);
    expect((await importOf(path, sentences, { embedding: anonymous })).identity).toBeUndefined();
    const named = await importOf(path, sentences, { identity: "mine" });
    expect(named.identity).toBe("mine");
  });

  it("accepts what quantization changes, up to a cosine of 0.98", async () => {
    for (const [noise, accepted] of [
      [0.05, true],
      [0.11, true],
      [0.18, true],
      [0.25, false],
      [0.5, false],
    ] as const) {
      const random = randomVectors(sentences.length, dimension, 7);
      const path = await fileOf(
        sentences.map((text, row) => {
          const vector = lettersOf(text);
          const size = Math.hypot(...vector);
          return vector.map((value, place) => value / size + noise * random[row]![place]!);
        }),
      );
      const imported = importOf(path, sentences);
      if (accepted) expect((await imported).identity).toBe(identity);
      else await expect(imported).rejects.toMatchObject(mismatch);
    }
  });

  it("refuses vectors of another embedding, with numbers and the ways out", async () => {
    const path = await fileOf(randomVectors(sentences.length, dimension, 3));
    await expect(importOf(path, sentences)).rejects.toMatchObject({
      ...mismatch,
      message: expect.stringMatching(
        /index\.faiss: of 8 texts .* again, 8 got another .* reembed: true .* identity/,
      ),
      details: { path, sampled: 8, disagreeing: 8 },
    });
  });

  it("refuses vectors if only a part of them is of another embedding", async () => {
    const random = randomVectors(sentences.length, dimension, 3);
    const path = await fileOf(
      sentences.map((text, row) => (row < 30 ? lettersOf(text) : random[row]!)),
    );
    await expect(importOf(path, sentences)).rejects.toMatchObject(mismatch);
  });

  it("looks at the longest text, which is the first to be cut", async () => {
    const texts = sentences.map((text, row) => (row === 17 ? `${text}${"xyz".repeat(500)}` : text));
    const path = await fileOf(texts.map((text) => lettersOf(text.slice(0, 300))));
    await expect(importOf(path, texts)).rejects.toMatchObject({
      ...mismatch,
      details: { disagreeing: 1 },
    });
  });

  it("knows vectors of a variant from those of the embedding", async () => {
    const variants = [
      { name: "in lower case", fits: true, embed: embedWith((text) => text.toLowerCase()) },
      { name: "with a prompt", fits: false, embed: embedWith((text) => `q:${text}`) },
    ];
    const texts = sentences.map((text) => text.toUpperCase());
    const options = { embedding: { ...embedding, variants } };
    for (const [make, accepted] of [
      [(text: string) => text, true],
      [(text: string) => text.toLowerCase(), true],
      [(text: string) => `q:${text}`, false],
    ] as const) {
      const imported = importOf(
        await fileOf(texts.map((text) => lettersOf(make(text)))),
        texts,
        options,
      );
      if (accepted) expect((await imported).identity).toBe(identity);
      else
        await expect(imported).rejects.toMatchObject({
          ...mismatch,
          message: expect.stringMatching(/look like those of texts embedded with a prompt/),
          details: { likely: "with a prompt" },
        });
    }
  });

  it("accepts less similar vectors if all of several variants are further away", async () => {
    const far = ["q:", "zz:"].map((prompt) => ({
      name: prompt,
      fits: false,
      embed: embedWith((text) => prompt.repeat(9) + text),
    }));
    const same = { name: "again", fits: false, embed: embedding.embed };
    const near = { name: "near", fits: false, embed: embedWith((text) => `${text}.`) };
    const random = randomVectors(sentences.length, dimension, 7);
    const fileWith = (noise: number) =>
      fileOf(
        sentences.map((text, row) => {
          const vector = lettersOf(text);
          const size = Math.hypot(...vector);
          return vector.map((value, place) => value / size + noise * random[row]![place]!);
        }),
      );
    for (const [noise, variants, accepted] of [
      [0.25, far, true],
      [0.25, [...far, same], true],
      [0.25, [...far, near], false],
      [0.25, far.slice(1), false],
      [0.25, [same, same], false],
      [0.5, far, false],
    ] as const) {
      const options = { embedding: { ...embedding, variants } };
      const imported = importOf(await fileWith(noise), sentences, options);
      if (accepted) expect((await imported).identity).toBe(identity);
      else await expect(imported).rejects.toMatchObject(mismatch);
    }
  });

  it("tries no variants if the vectors are the same", async () => {
    const path = await fileOf(sentences.map((text) => lettersOf(text)));
    const variant = vi.fn(embedding.embed);
    const variants = [{ name: "otherwise", fits: false, embed: variant }];
    const store = await importOf(path, sentences, { embedding: { ...embedding, variants } });
    expect(store.identity).toBe(identity);
    expect(variant).not.toHaveBeenCalled();
  });

  it("embeds few texts, and empty ones only if there are no others", async () => {
    const seen: string[][] = [];
    const watched = {
      ...embedding,
      embed: async (texts: readonly string[]) => {
        seen.push([...texts]);
        return texts.map((text) => lettersOf(text));
      },
    };
    const half = sentences.map((text, row) => (row % 2 ? "" : text));
    for (const texts of [half, ["", "", ""], []]) {
      const path = await fileOf(texts.map((text) => lettersOf(text)));
      expect((await importOf(path, texts, { embedding: watched })).identity).toBe(identity);
    }
    expect(seen.map((texts) => texts.length)).toEqual([8, 3]);
    expect(seen[0]).not.toContain("");
    expect(new Set(seen[0]).size).toBe(8);
  });

  it("only warns if the embedding states no identity", async () => {
    const path = await fileOf(randomVectors(sentences.length, dimension, 3));
    const short = embedWith((text) => text, 4);
    const others = [anonymous, { ...anonymous, dimension: undefined, embed: short }];
    const warnings = await warningsOf(async () => {
      for (const other of others)
        expect((await importOf(path, sentences, { embedding: other })).identity).toBeUndefined();
    });
    expect(warnings).toMatchObject(
      ["IDENTITY_MISMATCH", "DIMENSION_MISMATCH"].map((code) => ({
        name: "FaissStoreWarning",
        code,
        message: expect.stringContaining(path),
      })),
    );
  });

  it("says which side has which dimension", async () => {
    const path = await fileOf([lettersOf("a", 4)]);
    for (const options of [{}, { embedding: { ...embedding, dimension: undefined } }])
      await expect(importOf(path, ["a"], options)).rejects.toMatchObject({
        code: "DIMENSION_MISMATCH",
        message: expect.stringMatching(
          /index\.faiss have 4 numbers, but your embedding makes vectors of 32\. .*reembed: true/,
        ),
        details: { path, expected: 4, given: 32 },
      });
    await expect(FaissStore.import(path, { dimension: 32 })).rejects.toMatchObject({
      code: "DIMENSION_MISMATCH",
      message: expect.stringContaining("have 4 numbers, but the option dimension is 32."),
    });
  });

  it.each([
    ["too few vectors", async () => [lettersOf("a")], "INVALID_VECTOR"],
    ["no array", async () => "vectors", "INVALID_VECTOR"],
    ["nothing", async () => undefined, "INVALID_VECTOR"],
    ["empty vectors", embedWith(() => "", 0), "INVALID_VECTOR"],
    ["null", async (texts: string[]) => texts.map(() => null), "INVALID_VECTOR"],
    ["NaN", async (texts: string[]) => texts.map(() => [Number.NaN]), "INVALID_VECTOR"],
    ["zeros", async (texts: string[]) => texts.map(() => [0, 0]), "INVALID_VECTOR"],
  ])("refuses an embedding that answers %s", async (_, embed, code) => {
    const path = await fileOf(sentences.map((text) => lettersOf(text)));
    for (const base of [embedding, anonymous])
      for (const reembed of [false, true])
        await expect(
          importOf(path, sentences, { embedding: { ...base, embed: embed as never }, reembed }),
        ).rejects.toMatchObject({ code });
  });

  it("throws the errors of the embedding, and the reason of the signal", async () => {
    const path = await fileOf([lettersOf("a")]);
    const failure = new Error("offline");
    const embed = () => Promise.reject(failure);
    await expect(importOf(path, ["a"], { embedding: { ...embedding, embed } })).rejects.toBe(
      failure,
    );
    const signal = AbortSignal.abort(failure);
    await expect(importOf(path, ["a"], { signal })).rejects.toBe(failure);
  });
});

it.each([false, true])("compares the option dimension, reembed: %s", async (reembed) => {
  const path = await fileOf(sentences.map((text) => lettersOf(text)));
  await expect(importOf(path, sentences, { dimension: 16, reembed })).rejects.toMatchObject({
    code: "DIMENSION_MISMATCH",
    message: expect.stringMatching(/^The option dimension says 16, but the embedding makes .* 32 /),
  });
});

describe("import with reembed", () => {
  it("uses none of the stored vectors, whatever they are", async () => {
    const texts = Array.from({ length: 600 }, (_, row) => `${sentences[row % 40]} ${row}`);
    const path = await fileOf(
      randomVectors(600, 5, 3).map((vector) => vector.map((value) => value * 9)),
    );
    const onProgress = vi.fn();
    const store = await importOf(path, texts, { reembed: true, onProgress, searchDimension: 16 });
    expect([store.identity, store.dimension, store.size]).toEqual([identity, dimension, 600]);
    const [hit] = await store.search(lettersOf(texts[333]!), { k: 1 });
    expect(hit).toMatchObject({ record: texts[333], score: expect.closeTo(1, 5) });
    expect(onProgress.mock.calls.flat()).toEqual(
      [256, 512, 600].map((done) => ({ done, total: 600 })),
    );
  });

  it("reports what is wrong before it embeds anything", async () => {
    const path = await fileOf(sentences.map((text) => lettersOf(text)));
    const embed = vi.fn(embedding.embed);
    const options = { reembed: true, embedding: { ...embedding, embed } };
    for (const wrong of [
      { searchDimension: 64 },
      { dimension: 16 },
      { engine: "faiss", faissNode: "no-such-module" } as const,
      { toRecord: () => 1n as never },
      { ids: sentences.map(() => "same") },
      { indexName: "other" },
    ])
      await expect(importOf(path, sentences, { ...options, ...wrong })).rejects.toMatchObject({
        name: "FaissStoreError",
      });
    expect(embed).not.toHaveBeenCalled();
    await expect(FaissStore.import(path, { reembed: true })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("embedding must be set for reembed: true"),
    });
  });

  it("ends with the reason of the signal between two parts", async () => {
    const texts = Array.from({ length: 600 }, (_, row) => `text ${row}`);
    const path = await fileOf(texts.map((text) => lettersOf(text)));
    const controller = new AbortController();
    const reason = new Error("enough");
    const onProgress = vi.fn(() => controller.abort(reason));
    await expect(
      importOf(path, texts, { reembed: true, onProgress, signal: controller.signal }),
    ).rejects.toBe(reason);
    expect(onProgress).toHaveBeenCalledTimes(1);
  });
});

describe("import of repeated ids", () => {
  const vectors = randomVectors(5, 8, 1);

  it("is refused, with id and count", async () => {
    const path = await fileOf(vectors);
    const ids = ["guide", "faq", "guide", "guide", "faq"];
    await expect(FaissStore.import(path, { ids })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(
        /"guide" occurs 3 times, and 1 more id like it\. .*duplicateIds: "number"/,
      ),
      details: { id: "guide", count: 3, repeated: 2 },
    });
    await expect(FaissStore.import(path, { ids: ["a", "b", "c", 4, ""] as never })).rejects.toThrow(
      /ids must be an array of strings that are not empty/,
    );
    await expect(FaissStore.import(path, { duplicateIds: "keep" as never })).rejects.toThrow(
      /duplicateIds must be one of "error", "number"/,
    );
  });

  it.each([
    ["LangChain.js", "docstore.json", (ids: string[]) => [documentsOf(ids), { ...ids }]],
    [
      "LlamaIndex for Python",
      "id_map.json",
      (ids: string[]) => ({ faiss_id_to_node_id_map: { ...ids } }),
    ],
  ])("is refused for folders of %s", async (_, name, contentOf) => {
    const folder = await mkdtemp(join(root, "repeated-"));
    const ids = ["a", "b", "a", "a", "b"];
    for (const index of ["faiss.index", "default__vector_store.json"])
      await cp(await fileOf(vectors), join(folder, index));
    const nodes = { "docstore/data": { a: { __data__: "{}" }, b: { __data__: "{}" } } };
    await writeFile(join(folder, "docstore.json"), JSON.stringify(nodes));
    await writeFile(join(folder, name), JSON.stringify(contentOf(ids)));
    const format = name === "docstore.json" ? "langchain-js" : "llamaindex-python";
    await expect(FaissStore.import(folder, { format })).rejects.toMatchObject({
      code: "FILE_DAMAGED",
      message: expect.stringMatching(/has 3 vectors with the id "a", and 1 more id like it/),
    });
    const kept = await FaissStore.import(folder, { format, duplicateIds: "number" });
    expect(kept.ids()).toEqual(["a", "b", "a#2", "a#3", "b#2"]);
  });

  it("is refused for documents that share an id, with the count", async () => {
    const folder = await mkdtemp(join(root, "documents-"));
    await cp(await fileOf(vectors), join(folder, "faiss.index"));
    const documents = [
      ["a", {}],
      ["b", {}],
      ["a", {}],
      ["a", {}],
    ];
    await writeFile(join(folder, "docstore.json"), JSON.stringify([documents, { 0: "a" }]));
    await expect(FaissStore.import(folder, { duplicateIds: "number" })).rejects.toMatchObject({
      code: "FILE_DAMAGED",
      message: expect.stringContaining('it has 3 documents with the id "a"'),
    });
  });

  it("keeps all vectors with duplicateIds, and every id once", async () => {
    const path = await fileOf(vectors);
    const ids = ["a#2", "a", "a", "a#2", "a"];
    const store = await FaissStore.import(path, {
      ids,
      duplicateIds: "number",
      toRecord: (_, id) => id,
    });
    expect(store.ids()).toEqual(["a#2", "a", "a#3", "a#2#2", "a#4"]);
    for (const [row, id] of store.ids().entries()) {
      const [hit] = await store.search(vectors[row]!, { k: 1 });
      expect(hit).toMatchObject({ id, record: id, score: expect.closeTo(1, 5) });
    }
  });
});

function documentsOf(ids: readonly string[]): [string, object][] {
  return [...new Set(ids)].map((id) => [id, { pageContent: id, metadata: {} }]);
}

function embedWith(change: (text: string) => string, length = dimension) {
  return async (texts: readonly string[]) => texts.map((text) => lettersOf(change(text), length));
}
