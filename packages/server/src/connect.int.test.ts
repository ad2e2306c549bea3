import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Embedder } from "@embeddinggemma/core";
import { modelPath } from "@embeddinggemma/tiny-model";
import { getRequestListener } from "@hono/node-server";
import { afterAll, describe, expect, test } from "vitest";
import { createApp } from "./app.ts";
import type { AppOptions } from "./options.ts";

/** Texts that are cut at so many tokens embed fast. */
const maxTokens = 256;
const local = await Embedder.load(modelPath, { threads: 1, maxTokens });
const stops: (() => Promise<unknown>)[] = [() => local.dispose()];

afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
});

/** Starts a server of the model on loopback. */
async function serve(options: AppOptions = {}, embedder = local): Promise<string> {
  const server = createServer(getRequestListener(createApp(embedder, options).fetch)).listen(0);
  await once(server, "listening");
  stops.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function expectSame(actual: readonly Float32Array[], expected: readonly Float32Array[]): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((vector, row) => {
    vector.forEach((value, column) => {
      expect(actual[row]![column]).toBeCloseTo(value, 6);
    });
  });
}

const documents = ["Mars is red.", { title: "Venus", text: "It is hot." }, "火星は赤い惑星です!"];

describe("Embedder.connect to this server", () => {
  test("is the same as Embedder.load: vectors, prompts, dimensions and identity", async () => {
    const remote = await Embedder.connect(await serve());
    expect(remote.identity).toBe(local.identity);
    expect(remote.identityOf({ truncateDim: 128, normalize: false })).toBe(
      local.identityOf({ truncateDim: 128, normalize: false }),
    );
    expect(remote.prompts).toEqual(local.prompts);
    expect(remote.matryoshkaDimensions).toEqual(local.matryoshkaDimensions);
    expect(remote.dtype).toBe(local.dtype);
    expectSame(await remote.encodeDocument(documents), await local.encodeDocument(documents));
    expectSame([await remote.encodeQuery("Mars")], [await local.encodeQuery("Mars")]);
    const [dimension] = local.matryoshkaDimensions.slice(-1);
    const short = { truncateDim: dimension, normalize: false };
    expectSame(
      await remote.encodeDocument(documents, short),
      await local.encodeDocument(documents, short),
    );
    expect((await remote.selfCheck())?.passed).toBe((await local.selfCheck())?.passed);
  });

  test("counts tokens, and embeds token ids and tokens", async () => {
    const remote = await Embedder.connect(await serve());
    const text = "Größe 火星 🚀";
    expect(await remote.countTokens(text)).toBe(await local.countTokens(text));
    const own = { prompt: "", addSpecialTokens: false };
    expect(await remote.countTokens(text, own)).toBe(local.tokenizer.encode(text).length);
    expect(await remote.countTokens("", own)).toBe(0);
    const long = "a red planet ".repeat(2000);
    const counts = [await remote.countTokens(long), await local.countTokens(long)];
    expect(Math.abs(counts[0]! - counts[1]!)).toBeLessThan(10);
    expectSame([await remote.encode(long)], [await local.encode(long)]);
    const ids = [[2, 5, 9, 1]];
    expectSame(await remote.encodeTokens(ids), await local.encodeTokens(ids));
  });

  test("gets full vectors, though the server cuts them by default", async () => {
    const [dimension] = local.matryoshkaDimensions.slice(-1);
    const short = await Embedder.load(modelPath, { truncateDim: dimension, maxTokens });
    stops.push(() => short.dispose());
    const remote = await Embedder.connect(await serve({}, short));
    expect(remote.identity).toBe(local.identity);
    expectSame([await remote.encodeQuery("Mars")], [await local.encodeQuery("Mars")]);
  });

  test("through OpenAI's API, vectors are the same, too", async () => {
    const url = await serve();
    const { prompts } = local;
    const remote = await Embedder.connect(url, { api: "openai", prompts, model: local.model });
    expectSame(await remote.encodeDocument(documents), await local.encodeDocument(documents));
  });

  test("a server that is full is asked again, and nothing is lost", async () => {
    const url = await serve({ maxConcurrentRequests: 1 });
    const remote = await Embedder.connect([url, `${url}/v1`], { maxConcurrency: 8, batchSize: 2 });
    const texts = Array.from({ length: 12 }, (_, index) => `planet ${index}`);
    expectSame(await remote.encode(texts), await local.encode(texts));
  });

  test("a key, and a default prompt of the server", async () => {
    const url = await serve({ apiKey: "secret", defaultPromptName: "query" });
    await expect(Embedder.connect(url)).rejects.toThrow(/apiKey/);
    await expect(Embedder.connect(url, { apiKey: "secret" })).rejects.toThrow(/default prompt/);
    const remote = await Embedder.connect(url, { apiKey: "secret", prompts: {} });
    expectSame([await remote.encode("Mars")], [await local.encodeQuery("Mars")]);
  });
});
