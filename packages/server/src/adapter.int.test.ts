import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Embedder } from "@embeddinggemma/core";
import { modelPath } from "@embeddinggemma/tiny-model";
import { afterAll, describe, expect, test } from "vitest";
import { createApp } from "./app.ts";
import { serve } from "./serve.ts";
import { adapterFor } from "./testing/adapters.ts";
import { planets } from "./testing/tiny.ts";

const model = await Embedder.load(modelPath);
const folder = await mkdtemp(join(tmpdir(), "adapter-"));
const { query, documents } = planets;

afterAll(async () => {
  await model.dispose();
  await rm(folder, { recursive: true });
});

async function post(embedder: Embedder, path: string, body: unknown): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  const init = { method: "POST", headers, body: JSON.stringify(body) };
  return (await createApp(embedder).request(path, init)).json();
}

function expectClose(actual: readonly number[], expected: ArrayLike<number>): void {
  expect(actual.length).toBe(expected.length);
  for (const [index, value] of actual.entries()) expect(value).toBeCloseTo(expected[index]!, 5);
}

type OpenAIAnswer = { data: { embedding: number[] }[] };

test.each(["query", "both"] as const)("requests with the prompt of queries (%s)", async (sides) => {
  const tuned = model.withAdapter(adapterFor(model, sides));
  const expected = await tuned.encodeQuery(query);
  const named = (await post(tuned, "/embed", {
    inputs: query,
    prompt_name: "query",
  })) as number[][];
  expectClose(named[0]!, expected);
  for (const name of ["tiny:query", "tiny:Retrieval-query"]) {
    const body = { input: query, model: name };
    const { data } = (await post(tuned, "/v1/embeddings", body)) as OpenAIAnswer;
    expectClose(data[0]!.embedding, expected);
  }
  const ollama = (await post(tuned, "/api/embed", { input: query, model: "tiny:query" })) as {
    embeddings: number[][];
  };
  expectClose(ollama.embeddings[0]!, expected);

  const document = await tuned.encodeDocument(documents[0]!);
  const body = { inputs: documents[0], prompt_name: "document" };
  expectClose(((await post(tuned, "/embed", body)) as number[][])[0]!, document);
  const bare = sides === "both" ? tuned : model;
  const withoutPrompt = await bare.encode(query, { prompt: "" });
  expectClose(((await post(tuned, "/embed", { inputs: query })) as number[][])[0]!, withoutPrompt);
});

describe("Embedder.connect", () => {
  test("to a server whose adapter changes all vectors is as the model loaded with it", async () => {
    const local = model.withAdapter(adapterFor(model, "both"));
    await using server = await serve(local, { port: 0, hostname: "127.0.0.1" });
    const info = (await (await fetch(`${server.url}/info`)).json()) as Record<string, unknown>;
    const { rank, dimension, digest } = local.adapter!;
    expect(info.embeddinggemma).toMatchObject({
      identity: local.modelIdentity,
      adapter: { sides: "both", rank, dimension, digest },
    });
    await using remote = await Embedder.connect(server.url);
    expect(remote.identity).toBe(local.identity);
    expect(remote.adapter).toBeNull();
    expectClose(Array.from(await remote.encodeQuery(query)), await local.encodeQuery(query));
    expectClose(
      Array.from(await remote.encodeDocument("Mars")),
      await local.encodeDocument("Mars"),
    );
    expect(await remote.selfCheck()).toBeNull();
    const adapter = adapterFor(model, "query");
    await expect(Embedder.connect(server.url, { adapter })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("has an adapter already, that of its server"),
    });
  });

  test("to one whose adapter changes queries is refused, unless the client has one", async () => {
    const adapter = adapterFor(model, "query");
    const local = model.withAdapter(adapter);
    await using server = await serve(local, { port: 0, hostname: "127.0.0.1" });
    await expect(Embedder.connect(server.url)).rejects.toMatchObject({
      code: "ADAPTER_MISMATCH",
      message: expect.stringContaining("`Embedder.connect(url, { adapter: folder })`"),
    });
    await using remote = await Embedder.connect(server.url, { adapter });
    expect(remote.queryIdentity).toBe(local.queryIdentity);
    expectClose(Array.from(await remote.encodeQuery(query)), await local.encodeQuery(query));
    await using untuned = await Embedder.connect(server.url, { adapter: null });
    expectClose(Array.from(await untuned.encodeQuery(query)), await model.encodeQuery(query));
  });

  test("applies an adapter to the vectors of a server without one", async () => {
    const adapter = adapterFor(model, "both");
    for (const [name, bytes] of Object.entries(adapter.files()))
      await writeFile(join(folder, name), bytes);
    await using server = await serve(model, { port: 0, hostname: "127.0.0.1" });
    await using remote = await Embedder.connect(server.url, { adapter: folder });
    const local = model.withAdapter(adapter);
    expect(remote.identity).toBe(local.identity);
    expectClose(Array.from(await remote.encodeQuery(query)), await local.encodeQuery(query));
    expect((await remote.selfCheck())?.passed).toBe((await model.selfCheck())?.passed);
  });
});
