import { execFile } from "node:child_process";
import { cp, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Adapter, Embedder } from "@embeddinggemma/core";
import { FaissStore } from "@embeddinggemma/faiss";
import { DocumentIndex, type RunningServer, serve } from "@embeddinggemma/server";
import { modelPath } from "@embeddinggemma/tiny-model";
import type { RetrievalReport } from "@embeddinggemma/tune";
import { cosineSimilarity } from "ai";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { freePort } from "../../../packages/internal/src/testing/free-port.ts";
import { blocksIn, textOf } from "./pages.ts";
import { printedOutput, writeReadmeCode } from "./readme-code.ts";
import { expectPrintedOutput, folder, log, printed, runPage } from "./run-page.ts";
import { runsAllCodeOf } from "./runs-all-code.ts";

vi.setConfig({ testTimeout: 120_000 });

const fixtures = join(import.meta.dirname, "../../fixtures/faiss");
describe("the code of the READMEs, with the tiny model", () => {
  it("README.md, first screen", async () => {
    await runPage("README.md", { section: "" });
    await expectPrintedOutput("README.md");
  });

  it("docs/index.md", async () => {
    await runPage("docs/index.md");
    await expectPrintedOutput("docs/index.md");
  });

  it("docs/improve/adapters.md", async () => {
    const embedder = await Embedder.load(modelPath);
    const { dimension, modelIdentity: identity } = embedder;
    const a = Float32Array.from({ length: dimension }, (_, index) => Math.sin(index));
    const base = { model: modelPath, identity };
    const adapter = Adapter.from({ sides: "query", dimension, weights: { a, b: a }, base });
    const source = join(folder, "planets-adapter");
    await mkdir(source);
    for (const [name, bytes] of Object.entries(adapter.files()))
      await writeFile(join(source, name), bytes);
    const files = { "adapters/planets": source };
    const expected = await embedder.withAdapter(adapter).encodeQuery("Which planet is red?");
    const loaded = await runPage("docs/improve/adapters.md", { section: "Load an adapter", files });
    expect(loaded.query).toEqual(expected);
    expect(printed()).toContain("query {}");
    const section = "In LangChain.js and LlamaIndex.TS";
    const { embeddings, embedModel } = await runPage("docs/improve/adapters.md", {
      section,
      files,
    });
    expect(await embeddings.embedQuery("Which planet is red?")).toEqual([...expected]);
    const text = { type: "text", text: "Which planet is red?" };
    expect(await embedModel.getQueryEmbedding(text)).toEqual([...expected]);
    await runPage("docs/improve/adapters.md", {
      programs: ["other-copy.ts"],
      files: { ...files, "models/embeddinggemma-300m-ONNX": modelPath },
    });
    const server = await serve(embedder, { hostname: "127.0.0.1", port: 0 });
    const { port } = server;
    await runPage("docs/improve/adapters.md", { programs: ["client.ts"], files, port });
    await server.close();
    const torch = { "embeddinggemma-300m": await folderForPython() };
    await runPage("docs/improve/adapters.md", {
      programs: ["export.ts"],
      files: { ...files, ...torch },
    });
    expect(await readdir("embeddinggemma-planets")).toContain("modules.json");
    for (const each of [embedder, loaded.embedder, loaded.untuned, loaded.other, embeddings])
      await each.dispose();
    await embedModel.dispose();
  });

  it("README.md, LangChain.js", async () => {
    const { hit } = await runPage("README.md", { section: "LangChain.js" });
    expect(hit).toMatchObject({ metadata: { title: "Mars" } });
  });

  it("README.md, LlamaIndex.TS", async () => {
    const { nodes } = await runPage("README.md", { section: "LlamaIndex.TS" });
    expect(nodes).toMatchObject([
      { node: { metadata: { title: "Mars" } }, score: expect.any(Number) },
    ]);
  });

  it("README.md, Vercel's AI SDK", async () => {
    const section = "Vercel's AI SDK";
    const { embeddings, embedding, embeddingGemma } = await runPage("README.md", { section });
    const [mars, venus] = embeddings.map((one: number[]) => cosineSimilarity(one, embedding));
    expect(mars).toBeGreaterThan(venus);
    await embeddingGemma.dispose();
  });

  it("core", async () => {
    const { embedder } = await runPage("packages/core/README.md");
    await embedder.dispose();
    await expectPrintedOutput("packages/core/README.md");
    expect(log.mock.calls.map(([first]) => first)).toContain("UNKNOWN_PROMPT");
    expect(log.mock.calls).toContainEqual([3]);
  });

  it("faiss", async () => {
    const { english, diverse, fromFaissNode, fromLangChain, ids } = await runPage(
      "packages/faiss/README.md",
      {
        files: {
          "index.faiss": join(fixtures, "flat-ip.faiss"),
          faiss_index: join(fixtures, "langchain-python"),
        },
      },
    );
    await expectPrintedOutput("packages/faiss/README.md");
    expect(log.mock.calls.at(-1)).toEqual([2, 4]);
    expect(english).toMatchObject([{ id: "mars" }, { id: "venus" }]);
    expect(diverse).toHaveLength(2);
    expect(ids).toEqual(["mars", "venus"]);
    expect([fromFaissNode.size, fromLangChain.size]).toEqual([6, 6]);
    expect(await FaissStore.import("for-python")).toMatchObject({ size: 2 });
  });

  it("tune, Evaluate", async () => {
    const page = "packages/tune/README.md";
    const { difference, systems, run: ofRun } = await runPage(page, { section: "Evaluate" });
    expect(log.mock.calls[0]).toEqual([(await printedOutput(page))[0]]);
    expect(log.mock.calls[1]).toEqual([
      ["pearson_cosine", "spearman_cosine"],
      ["cosine_accuracy"],
      0.5,
    ]);
    expect(difference).toEqual(expect.any(Number));
    const [exact, store] = (systems as RetrievalReport).results;
    expect(store!.metrics).toEqual(exact!.metrics);
    expect(ofRun.missing).toEqual([]);
  });

  it("tune, Data, Hard negatives, Tune", async () => {
    const page = "packages/tune/README.md";
    const files = { "data/help": await helpArticles() };
    const { test, validation, pairs } = await runPage(page, { section: "Data", files });
    expect([test.queries.size, validation.queries.size, pairs.length]).toEqual([2, 2, 8]);
    const { mined, statistics } = await runPage(page, { section: "Hard negatives", files });
    expect(mined[0].negatives.length).toBeGreaterThan(0);
    expect(statistics).toMatchObject({ queries: 8, documents: 12 });
    const { adapter, difference } = await runPage(page, { section: "Tune", files });
    expect(adapter).toMatchObject({ sides: "query", dimension: 768 });
    expect(difference.queries).toBe(2);
  });

  it("docs/embed/export-onnx.md", async () => {
    const exported = join(fixtures, "../graphs/embeddinggemma-q4.onnx");
    const { embedder } = await runPage("docs/embed/export-onnx.md", {
      files: {
        "embeddinggemma-300m-onnx": join(fixtures, "../embeddinggemma"),
        "embeddinggemma-300m-onnx/onnx/model_q4.onnx": exported,
      },
    });
    expect(await embedder.encodeQuery("red")).toHaveLength(768);
    await embedder.dispose();
  });

  it("docs/search/search-tuning.md", async () => {
    const { store } = await runPage("docs/search/search-tuning.md");
    expect(store).toMatchObject({ dimension: 768, searchDimension: 128 });
  });

  it("docs/search/import-and-export.md", async () => {
    const fixture = join(fixtures, "langchain-python");
    const { colors } = await runPage("docs/search/import-and-export.md", {
      files: {
        "folder-of-save_local": fixture,
        "folder-with-enum": join(fixtures, "python-metadata/langchain"),
      },
    });
    expect(colors.get("odd").record).toEqual({ pageContent: "odd", color: "red" });
    expect(log.mock.calls).toEqual([[6, { pageContent: "Mercury", metadata: expect.anything() }]]);
  });

  it("langchain", async () => {
    const { english, withMoons, diverse, again, parts, fromPython } = await runPage(
      "packages/langchain/README.md",
    );
    await expectPrintedOutput("packages/langchain/README.md");
    const titles = (documents: { metadata: { title: string } }[]) =>
      documents.map(({ metadata }) => metadata.title);
    expect(titles(english.map(([document]: [never]) => document))).toEqual(["Mars", "Venus"]);
    expect(titles(withMoons)).toEqual(["Mars", "Saturn"]);
    expect(titles(diverse)[0]).toBe("Mars");
    expect(titles(await again.similaritySearch("Which planet is red?", 1))).toEqual(["Mars"]);
    expect(parts).toHaveLength(3);
    expect(titles(await fromPython.similaritySearch("Which planet is red?", 1))).toEqual(["Mars"]);
  });

  it("llamaindex", async () => {
    const page = "packages/llamaindex/README.md";
    const { nodes, diverse, found, parts, short } = await runPage(page);
    await expectPrintedOutput("packages/llamaindex/README.md");
    expect(diverse).toHaveLength(2);
    expect(nodes.map(({ node }: { node: { metadata: object } }) => node.metadata)).toEqual([
      { title: "Mars", moons: 2 },
      { title: "Saturn", moons: 274 },
    ]);
    expect(found).toMatchObject([{ node: { metadata: { title: "Mars" } } }]);
    expect(parts).toHaveLength(3);
    expect(await FaissStore.open("storage/faiss_vector_store")).toMatchObject({ size: 2 });
    expect(await FaissStore.open("storage-256/faiss_vector_store")).toMatchObject({
      size: 2,
      identity: await short.embedModel.identity(),
    });
  });

  it("ai-sdk", async () => {
    const page = "packages/ai-sdk/README.md";
    const { titled, hit, query, embeddingGemma } = await runPage(page);
    await expectPrintedOutput(page);
    expect(titled.embeddings.map(({ length }: number[]) => length)).toEqual([256, 256]);
    expect(hit.record.text).toMatch(/^Mars/);
    expect(query.modelId).toBe(embeddingGemma.query.modelId);
    await embeddingGemma.dispose();
  });

  it("tiny-model", async () => {
    const { query } = await runPage("packages/tiny-model/README.md");
    expect(query).toHaveLength(768);
  });
});

/** A folder of Sentence Transformers. The weights of the model are an empty file. */
async function folderForPython(): Promise<string> {
  const source = join(folder, "for-python");
  await cp(join(fixtures, "../embeddinggemma"), source, { recursive: true });
  await writeFile(join(source, "model.safetensors"), "");
  await mkdir(join(source, "3_Dense"), { recursive: true });
  await writeFile(join(source, "3_Dense/config.json"), JSON.stringify({ out_features: 768 }));
  return source;
}

/** A folder of a small data set for tuning: twelve documents, one query each, in three splits. */
async function helpArticles(): Promise<string> {
  const topics = ["disk", "key", "clock", "network", "restore", "login"];
  topics.push("price", "update", "report", "mail", "folder", "photo");
  const documents = topics.map((topic, id) => ({
    _id: `d${id}`,
    title: `About the ${topic}`,
    text: `What to do when the ${topic} makes trouble.`,
  }));
  const queries = topics.map((topic, id) => ({ _id: `q${id}`, text: `my ${topic} is broken` }));
  const lines = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).join("\n");
  const qrels = (...ids: number[]) =>
    ["query-id\tcorpus-id\tscore", ...ids.map((id) => `q${id}\td${id}\t1`)].join("\n");
  const pairs = queries.slice(0, 8).map(({ text: query }, index) => {
    const { title, text } = documents[index]!;
    return { query, document: { title, text } };
  });
  const files = {
    "corpus.jsonl": lines(documents),
    "queries.jsonl": lines(queries),
    "qrels/validation.tsv": qrels(8, 9),
    "qrels/test.tsv": qrels(10, 11),
    "train.jsonl": lines(pairs),
  };
  const source = join(folder, "help-articles");
  await mkdir(join(source, "qrels"), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(source, name), text);
  return source;
}

describe("the code about servers, with a server", () => {
  let embedder: Embedder;
  let server: RunningServer;

  beforeAll(async () => {
    embedder = await Embedder.load(modelPath);
    server = await serve(embedder, { hostname: "127.0.0.1", port: 0 });
  });
  afterAll(async () => {
    await server.close();
    await embedder.dispose();
  });

  const difference = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Math.max(...Array.from(a, (value, index) => Math.abs(value - b[index]!)));

  it("docs/serve/connect.md", async () => {
    const { documents } = await runPage("docs/serve/connect.md", {
      section: "",
      port: server.port,
    });
    expect(documents).toHaveLength(2);
    expect(log).toHaveBeenCalledWith([[expect.any(Number), expect.any(Number)]]);
  });

  it("docs/serve/connect.md, Several addresses", async () => {
    const { fetch } = globalThis;
    const asked = new Set<string>();
    vi.stubGlobal("fetch", (address: string | URL, init?: RequestInit) => {
      const url = new URL(address);
      asked.add(url.hostname);
      url.hostname = "127.0.0.1";
      return fetch(url, init);
    });
    const { port } = server;
    await runPage("docs/serve/connect.md", { programs: ["fleet.ts"], port });
    vi.unstubAllGlobals();
    expect(asked).toContain("10.0.0.1");
  });

  it("docs/serve/server.md", async () => {
    const page = "docs/serve/server.md";
    await runPage(page, { programs: ["client.ts", "openai.ts"], port: server.port });
    await expectPrintedOutput(page, "Clients");
  });

  it.each([
    ["in-express.ts", "export { embedder, server };"],
    ["in-fastify.ts", "export { embedder, fastify as server };"],
  ])("docs/serve/server.md, %s", async (program, end) => {
    const port = await freePort();
    const more = { [program]: end };
    const own = await runPage("docs/serve/server.md", { programs: [program], port, more });
    const body = JSON.stringify({ inputs: "Which planet is red?", prompt_name: "query" });
    const expected = await embedder.encodeQuery("Which planet is red?");
    for (const sent of [body, new Blob([body]).stream()]) {
      const response = await fetch(`http://localhost:${port}/ai/embed`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: sent,
        ...{ duplex: "half" },
      });
      expect(response.status).toBe(200);
      const [vector] = (await response.json()) as [number[]];
      expect(difference(vector, expected)).toBeLessThan(1e-6);
    }
    await own.server.close();
    await own.embedder.dispose();
  });

  it("docs/serve/fleet.md", async () => {
    const { vectors } = await runPage("docs/serve/fleet.md", { port: server.port });
    expect(vectors).toHaveLength(2);
    expect(printed()).toBe("2");
  });

  it("core, Embed on a server", async () => {
    const { port } = server;
    await runPage("packages/core/README.md", { programs: ["connect.ts"], port });
  });

  it("server, a client", async () => {
    const readme = "packages/server/README.md";
    const { data } = await runPage(readme, { section: "Clients", port: server.port });
    const expected = await embedder.encodeQuery("Which planet is red?");
    expect(difference(data[0].embedding, expected)).toBeLessThan(1e-6);
  });

  it("server, documents", async () => {
    const index = await DocumentIndex.open(join(folder, "planets.store"), embedder);
    const own = await serve(embedder, { hostname: "127.0.0.1", port: 0, index });
    const block = blocksIn("packages/server/README.md", "sh").find((each) => each.includes("/add"));
    const commands = block!.replaceAll("8080", String(own.port));
    const { stdout } = await promisify(execFile)("bash", ["-ec", commands]);
    const start = '[{"id":"mars","text":"Mars is red.","score":';
    expect(stdout).toContain(start);
    expect(textOf("packages/server/README.md")).toContain(`${start}…}]`);
    await own.close();
    await index.close();
  });

  it("server, documents of another model", async () => {
    const files = { "planets.store": join(folder, "planets.store") };
    const readme = "packages/server/README.md";
    await runPage(readme, { programs: ["embed-again.ts"], files });
    expect(printed()).toBe("2");
  });

  it("server, in a program", async () => {
    const port = await freePort();
    const readme = "packages/server/README.md";
    const own = await runPage(readme, { section: "In your own server", port });
    expect(own.response.status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
    await own.server.close();
    await own.embedder.dispose();
  });
});

describe("the test in the README of tiny-model", async () => {
  const code = await writeReadmeCode(join(folder, "example-test"), "packages/tiny-model/README.md");
  await import(join(code.folder, "search.test.ts"));
});

runsAllCodeOf(
  "README.md",
  "docs/embed/export-onnx.md",
  "docs/index.md",
  "docs/improve/adapters.md",
  "docs/search/import-and-export.md",
  "docs/search/search-tuning.md",
  "docs/serve/connect.md",
  "docs/serve/fleet.md",
  "docs/serve/server.md",
  "packages/ai-sdk/README.md",
  "packages/core/README.md",
  "packages/faiss/README.md",
  "packages/langchain/README.md",
  "packages/llamaindex/README.md",
  "packages/server/README.md",
  "packages/tiny-model/README.md",
  "packages/tune/README.md",
);
