import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Embedder, similarity } from "@embeddinggemma/core";
import { DocumentIndex, type RunningServer, serve } from "@embeddinggemma/server";
import { modelPath } from "@embeddinggemma/tiny-model";
import { InferenceClient } from "@huggingface/inference";
import OpenAI from "openai";
import * as txtai from "txtai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { embeddingClients } from "./clients.ts";

// Of the launch post: https://huggingface.co/blog/embeddinggemma
const query = "Which planet is known as the Red Planet?";
const documents = [
  "Venus is often called Earth's twin because of its similar size and proximity.",
  "Mars, known for its reddish appearance, is often referred to as the Red Planet.",
  "Jupiter, the largest planet in our solar system, has a prominent red spot.",
  "Saturn, famous for its rings, is sometimes mistaken for the Red Planet.",
];

let folder: string;
let embedder: Embedder;
let index: DocumentIndex;
let server: RunningServer;
/** The score of each document, as the embedder gives it. */
let scores: readonly number[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "embeddinggemma-clients-"));
  embedder = await Embedder.load(modelPath);
  index = await DocumentIndex.open(join(folder, "store"), embedder);
  server = await serve(embedder, {
    hostname: "127.0.0.1",
    port: 0,
    servedModelName: "tiny",
    index,
  });
  [scores = []] = embedder.similarity(
    await embedder.encodeQuery(query),
    await embedder.encodeDocument(documents),
  );
});

afterAll(async () => {
  await server?.close();
  await index?.close();
  await embedder?.dispose();
  await rm(folder, { recursive: true, force: true });
});

function expectSame(given: readonly number[]): void {
  expect(given).toHaveLength(scores.length);
  for (const [row, score] of scores.entries())
    expect(Math.abs(given[row]! - score)).toBeLessThan(1e-6);
  expect(ranked(given)).toEqual(ranked(scores));
}

/** Documents by their scores, best first. */
function ranked(given: readonly number[]): number[] {
  return [...given.keys()].sort((a, b) => given[b]! - given[a]!);
}

describe("ranks the documents as the embedder does:", () => {
  const names = embeddingClients("http://127.0.0.1").map(({ name }) => name);

  test.each(names)("%s", async (name) => {
    const client = embeddingClients(server.url).find((one) => one.name === name)!;
    const queryVector = await client.embedQuery(query);
    const vectors = await client.embedDocuments(documents);
    expectSame(similarity(queryVector, vectors)[0]!);
  });

  test("txtai, similarity", async () => {
    const found = await new txtai.Similarity(server.url).similarity(query, documents);
    expectSame(byPosition(found));
  });

  test("txtai, an index of documents", async () => {
    const embeddings = new txtai.Embeddings(server.url);
    await embeddings.add(documents.map((text, id) => ({ id, text })));
    await embeddings.index();
    expect(await embeddings.count()).toBe(documents.length);
    const found = await embeddings.search(query, documents.length);
    // Hits have positive scores only.
    expect(found.map(({ id }) => Number(id))).toEqual(
      ranked(scores).filter((row) => scores[row]! > 0),
    );
    for (const { id, score } of found)
      expect(Math.abs(score - scores[Number(id)]!)).toBeLessThan(1e-6);
    expect(await embeddings.delete([0])).toEqual([0]);
    expect(await embeddings.count()).toBe(documents.length - 1);
  });
});

function byPosition(found: readonly { id: number; score: number }[]): number[] {
  const positions: number[] = [];
  for (const { id, score } of found) positions[id] = score;
  return positions;
}

test("@huggingface/inference: sentence similarity", async () => {
  const client = new InferenceClient("unused").endpoint(server.url);
  const [expected = []] = embedder.similarity(
    await embedder.encode(query, { prompt: "" }),
    await embedder.encode(documents, { prompt: "" }),
  );
  const given = await client.sentenceSimilarity({
    inputs: { source_sentence: query, sentences: documents },
  });
  for (const [row, score] of expected.entries())
    expect(Math.abs(Number(given[row]) - score)).toBeLessThan(1e-6);
});

test("openai shows the reason of an error", async () => {
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "unused" });
  await expect(client.embeddings.create({ model: "tiny", input: [[1, 2, 3]] })).rejects.toThrow(
    "must be text, not token ids",
  );
  await expect(client.embeddings.create({ model: "tiny", input: "" })).rejects.toThrow(
    "`inputs` cannot be empty",
  );
});
