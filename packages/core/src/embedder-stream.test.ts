import { describe, expect, test } from "vitest";
import { testBackend, testEmbedder } from "../test-support/test-embedder.ts";
import type { EncodeProgress } from "./encoding/encode-texts.ts";
import type { Truncation } from "./encoding/run-texts.ts";
import type { EncodeOptions } from "./options.ts";

describe("a stream of documents", () => {
  async function* documents(count: number) {
    for (let index = 0; index < count; index++) yield `d${index}`;
  }

  test("gives all vectors in input order and adds up the progress", async () => {
    const events: EncodeProgress[] = [];
    const embedder = testEmbedder();
    const vectors: Float32Array[] = [];
    for await (const batch of embedder.encodeDocumentStream(documents(600), {
      onProgress: (event) => events.push(event),
    })) {
      vectors.push(...batch);
    }
    const texts: string[] = [];
    for await (const text of documents(600)) texts.push(text);
    expect(vectors).toEqual(await embedder.encodeDocument(texts));
    expect(events.at(-1)).toMatchObject({ done: 600, total: 600 });
    expect(
      events.every((event, index) => index === 0 || event.done > events[index - 1]!.done),
    ).toBe(true);
  });

  test("reports a text that is too long by its position in the stream", async () => {
    async function* oneLong() {
      for (let index = 0; index < 300; index++) yield index === 270 ? "x".repeat(40) : "short";
    }
    const drain = async (options: EncodeOptions) => {
      for await (const _ of testEmbedder().encodeDocumentStream(oneLong(), {
        prompt: "",
        ...options,
      }));
    };
    const cuts: Truncation[] = [];
    await drain({ onTruncate: (cut) => cuts.push(cut) });
    expect(cuts).toEqual([{ index: 270, tokens: 42, maxTokens: 30 }]);
    await expect(drain({ truncation: "error" })).rejects.toMatchObject({
      code: "INPUT_TOO_LONG",
      details: { index: 270 },
    });
  });

  test("is closed if its reader stops or a batch fails", async () => {
    let closed = 0;
    async function* source() {
      try {
        for (;;) yield "text";
      } finally {
        closed++;
      }
    }
    for await (const _ of testEmbedder().encodeDocumentStream(source())) break;
    expect(closed).toBe(1);
    const failing = testEmbedder(testBackend({ run: async () => Promise.reject(new Error("no")) }));
    await expect(failing.encodeDocumentStream(source()).next()).rejects.toMatchObject({
      code: "INFERENCE_FAILED",
    });
    expect(closed).toBe(2);
  });

  test("rejects after dispose, and closes its source", async () => {
    let closed = 0;
    async function* source() {
      try {
        yield* documents(600);
      } finally {
        closed++;
      }
    }
    const backend = testBackend();
    const embedder = testEmbedder(backend);
    const stream = embedder.encodeDocumentStream(source());
    expect((await stream.next()).value).toHaveLength(256);
    const batches = backend.batches.length;
    await embedder.dispose();
    await expect(stream.next()).rejects.toMatchObject({ code: "DISPOSED" });
    expect(backend.batches).toHaveLength(batches);
    expect(closed).toBe(1);
  });

  test("is read only as far as vectors are taken", async () => {
    let read = 0;
    async function* endless() {
      for (;;) yield `d${read++}`;
    }
    for await (const batch of testEmbedder().encodeDocumentStream(endless())) {
      expect(batch.length).toBe(read);
      break;
    }
    expect(read).toBeLessThan(1000);
  });
});
