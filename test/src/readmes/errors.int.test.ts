import { once } from "node:events";
import { cp, mkdtemp, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Adapter, Embedder } from "@embeddinggemma/core";
import { FaissStore } from "@embeddinggemma/faiss";
import {
  EmbeddingGemmaEmbedding,
  FaissVectorStore,
  type NodeRecord,
} from "@embeddinggemma/llamaindex";
import { DocumentIndex, serve } from "@embeddinggemma/server";
import { modelPath } from "@embeddinggemma/tiny-model";
import { evaluateRetrieval, tune } from "@embeddinggemma/tune";
import faiss from "faiss-node";
import {
  DocStoreStrategy,
  Settings,
  storageContextFromDefaults,
  TextNode,
  VectorStoreIndex,
  VectorStoreQueryMode,
} from "llamaindex";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type ErrorEntry, errorEntries } from "./error-entries.ts";
import { messageTemplates } from "./message-templates.ts";
import { printed, runPage } from "./run-page.ts";
import { runsAllCodeOf } from "./runs-all-code.ts";

vi.setConfig({ testTimeout: 60_000 });

const root = join(import.meta.dirname, "../../..");
const packages = ["core", "faiss", "internal", "langchain", "llamaindex", "server", "tune"];
const texts = packages.map((name) => messageTemplates(join(root, "packages", name, "src")));
const templates = (await Promise.all(texts)).flat();
const sourceOf = (path: string) => readFile(join(root, "packages", path), "utf8");
const entries = await errorEntries(join(root, "docs/reference/errors.md"));
const folder = await mkdtemp(join(tmpdir(), "errors-"));
const at = (name: string) => join(folder, name);
afterAll(() => rm(folder, { recursive: true }));

/** The sections with codes, and where the code lists them. */
const unions = [
  ["EmbeddingGemmaError", "core/src/errors.ts", "EmbeddingGemmaErrorCode"],
  ["FaissStoreError", "faiss/src/errors.ts", "FaissStoreErrorCode"],
  ["DocumentIndexError", "server/src/documents/document-index-error.ts", "DocumentIndexErrorCode"],
  ["Answers of the server", "server/src/http/request-error.ts", "ErrorType"],
] as const;

describe("docs/reference/errors.md", () => {
  it("has code that runs", async () => {
    await runPage("docs/reference/errors.md");
    expect(printed()).toBe("store: NOT_A_STORE");
  });

  it.each(unions)("has an entry for each code, and no other: %s", async (section, path, type) => {
    const union = new RegExp(`type ${type} =([^;]+);`).exec(await sourceOf(path))?.[1];
    const codes = Array.from(union!.matchAll(/"(\w+)"/g), ([, code]) => code!);
    expect(codesIn(section)).toEqual(codes.toSorted());
  });

  it("has an entry for each code of a warning, and no other", () => {
    const codes = new Set(templates.filter((text) => /^EMBEDDINGGEMMA_[A-Z_]+$/.test(text)));
    codes.delete("EMBEDDINGGEMMA_CHILD_PROCESS"); // a variable of the environment
    expect(codesIn("Warnings")).toEqual([...codes, "VECTORS_LEFT_OUT"].toSorted());
  });
});

const codesIn = (section: string) =>
  entriesIn(section)
    .map(({ code }) => code)
    .toSorted();
const entriesIn = (section: string) => entries.filter((entry) => entry.section === section);

/** Whether a text begins as a message of the page does, in which `…` stands for anything. */
function beginsAs(message: string, text: string): boolean {
  const [start, ...parts] = message.split("…");
  if (!text.startsWith(start!)) return false;
  let end = start!.length;
  for (const part of parts) {
    const index = text.indexOf(part, end);
    if (index < 0) return false;
    end = index + part.length;
  }
  return true;
}

describe("errors of users have the message that their entry quotes", () => {
  let embedder: Embedder;
  let store: FaissStore<string>;
  const seen = new Map<string, ErrorEntry>();
  const notAHub = createServer((_, response) => response.end("Please log in."));

  beforeAll(async () => {
    await once(notAHub.listen(0), "listening");
    embedder = await Embedder.load(modelPath);
    store = await FaissStore.create<string>({ dimension: 2, identity: "one" });
    await store.upsert([{ id: "a", vector: [0, 1], record: "a" }]);
    await store.save(at("store"));
  });
  afterAll(async () => {
    notAHub.close();
    await embedder.dispose();
  });

  function expectEntry(section: string, code: string, message: string): void {
    const entry = entriesIn(section).find((each) => each.code === code);
    expect(entry, code).toBeDefined();
    const beginnings = entry!.messages.filter((each) => beginsAs(each, message));
    expect(beginnings, `${code}: ${message}`).not.toEqual([]);
    for (const beginning of beginnings) seen.set(beginning, entry!);
  }

  const endpoint = () => `http://127.0.0.1:${(notAHub.address() as AddressInfo).port}`;
  const model = async (name: string, file: string, content?: string) => {
    await cp(modelPath, at(name), { recursive: true });
    if (content === undefined) await rm(join(at(name), file));
    else await writeFile(join(at(name), file), content);
    return Embedder.load(at(name));
  };
  const halfPrecision = async () => {
    const path = at("embeddinggemma-300m-ONNX");
    await cp(modelPath, path, { recursive: true });
    await rename(join(path, "onnx/model_quantized.onnx"), join(path, "onnx/model_q4f16.onnx"));
    return Embedder.load(path, { dtype: "q4f16" });
  };
  const adapterOf = (dimension: number, identity: string) => {
    const ones = new Float32Array(dimension).fill(1);
    const base = { model: "another", identity };
    return Adapter.from({ sides: "query", dimension, weights: { a: ones, b: ones }, base });
  };
  const data = {
    queries: { q: "red" },
    corpus: { d: "Mars is red." },
    relevant: { q: ["unknown"] },
  };

  it.each<[string, () => unknown]>([
    ["INVALID_ARGUMENT", () => Embedder.load(modelPath, { dtpe: "q8" } as object)],
    ["INVALID_ARGUMENT", () => Embedder.load(modelPath, { maxTokens: -1 })],
    ["UNKNOWN_PROMPT", () => embedder.encode("red", { promptName: "none" })],
    ["UNTRAINED_DIMENSION", () => embedder.encode("red", { truncateDim: 100 })],
    ["INPUT_TOO_LONG", () => embedder.encode("red ".repeat(3000), { truncation: "error" })],
    ["MODEL_NOT_FOUND", () => Embedder.load(at("no-such-folder"))],
    [
      "MODEL_NOT_FOUND",
      () => Embedder.load("who/what", { localFilesOnly: true, cacheDir: at("cache") }),
    ],
    ["MODEL_FILE_MISSING", () => Embedder.load(modelPath, { dtype: "q4" })],
    ["MODEL_FILE_INVALID", () => model("invalid", "config.json", "{")],
    ["MODEL_NOT_DESCRIBED", () => model("unknown", "modules.json")],
    ["UNSUPPORTED_DTYPE", () => halfPrecision()],
    [
      "DOWNLOAD_FAILED",
      () => Embedder.load("who/what", { endpoint: endpoint(), cacheDir: at("cache") }),
    ],
    ["LOAD_FAILED", () => Embedder.load(modelPath, { device: "dml" })],
    ["SERVER_FAILED", () => Embedder.connect("http://127.0.0.1:1", { maxRetries: 0 })],
    ["SERVER_FAILED", () => Embedder.connect("http://127.0.0.1:2", { maxRetries: 0 })],
    ["ADAPTER_INVALID", () => Adapter.load(at("no-such-folder"))],
    ["ADAPTER_MISMATCH", () => embedder.withAdapter(adapterOf(768, "another"))],
    ["ADAPTER_MISMATCH", () => embedder.withAdapter(adapterOf(12, embedder.modelIdentity))],
    [
      "CACHE_FAILED",
      async () => {
        const cache = { getMany: async () => [], setMany: async () => {} };
        await (await Embedder.load(modelPath, { cache })).encode("red");
      },
    ],
    ["DATA_INVALID", () => evaluateRetrieval(embedder, data)],
    [
      "DISPOSED",
      async () => {
        const other = await Embedder.load(modelPath);
        await other.dispose();
        await other.encode("red");
      },
    ],
  ])("EmbeddingGemmaError %s", async (code, act) => {
    const error = await errorOf(act);
    expect(error.code).toBe(code);
    expectEntry("EmbeddingGemmaError", code, error.message);
  });

  const damaged = async (name: string, change: (path: string) => Promise<void>) => {
    await cp(at("store"), at(name), { recursive: true });
    const manifest = JSON.parse(await readFile(join(at(name), "faiss-store.json"), "utf8"));
    await change(join(at(name), manifest.segments[0].vectors.file));
    return FaissStore.open(at(name));
  };

  it.each<[string, () => unknown]>([
    ["INVALID_ARGUMENT", () => store.search([0, 1], { kk: 1 } as object)],
    [
      "INVALID_ARGUMENT",
      () =>
        store.search([0, 1], {
          filter: () => {
            throw new Error("mine");
          },
        }),
    ],
    ["INVALID_VECTOR", () => store.upsert([{ vector: [0, 0], record: "a" }])],
    ["INVALID_VECTOR", () => store.upsert([{ vector: [0, Number.NaN], record: "a" }])],
    ["DIMENSION_MISMATCH", () => store.search([1, 2, 3])],
    ["DIMENSION_MISMATCH", () => FaissStore.open(at("store"), { dimension: 3 })],
    [
      "INVALID_RECORD",
      async () => {
        const other = await FaissStore.create<number>();
        await other.upsert([{ vector: [0, 1], record: Number.NaN }]);
      },
    ],
    ["ENGINE_UNAVAILABLE", () => FaissStore.create({ engine: "faiss", faissNode: "no-such" })],
    ["NOT_A_STORE", () => FaissStore.open(folder)],
    ["FILE_MISSING", () => damaged("missing", (path) => rm(path))],
    ["FILE_DAMAGED", () => damaged("damaged", (path) => truncate(path, 3))],
    ["IDENTITY_MISMATCH", () => FaissStore.open(at("store"), { identity: "two" })],
    [
      "STORE_CHANGED",
      async () =>
        (await FaissStore.create({ dimension: 2 })).save(at("store"), { overwrite: false }),
    ],
    ["SAVE_FAILED", () => store.save(join(at("store"), "faiss-store.json", "below-a-file"))],
    ["READ_FAILED", () => FaissStore.exists("x".repeat(5000))],
    ["UNSAFE_FILE", () => FaissStore.import(join(root, "test/fixtures/faiss/malicious-reduce"))],
    [
      "CLOSED",
      async () => {
        const other = await FaissStore.open(at("store"));
        await other.close();
        await other.search([0, 1]);
      },
    ],
  ])("FaissStoreError %s", async (code, act) => {
    const error = await errorOf(act);
    expect(error.code).toBe(code);
    expectEntry("FaissStoreError", code, error.message);
  });

  it.each([
    ["READ_ONLY", { readOnly: true }],
    ["TOO_MANY_PENDING", { maxPending: 1 }],
  ])("DocumentIndexError %s", async (code, options) => {
    const index = await DocumentIndex.open(at(code), embedder, options);
    const error = await errorOf(() =>
      index.add([
        { id: "a", text: "a" },
        { id: "b", text: "b" },
      ]),
    );
    expect(error.code).toBe(code);
    expectEntry("DocumentIndexError", code, error.message);
  });

  it("answers of a server", async () => {
    const server = await serve(embedder, {
      hostname: "127.0.0.1",
      port: 0,
      maxClientBatchSize: 1,
    });
    const answers = { Validation: ["a", "b"], Empty: [] };
    for (const [type, inputs] of Object.entries(answers)) {
      const answer = await post(`${server.url}/embed`, { inputs });
      expectEntry("Answers of the server", answer.error_type, answer.error);
      expect(answer.error_type).toBe(type);
    }
    const rerank = await post(`${server.url}/rerank`, { query: "red", texts: ["Mars"] });
    expectEntry("Answers of the server", rerank.error_type, rerank.error);
    await server.close();
  });

  it("warnings", async () => {
    const emit = vi.spyOn(process, "emitWarning").mockReturnValue();
    const answered = { ...data, relevant: { q: ["d"] } };
    await evaluateRetrieval(embedder, answered);
    const pair = { query: "red", document: "Mars is red.", negatives: ["Venus is hot."] };
    const pairs = [
      pair,
      pair,
      { query: "red", document: "Venus is hot.", negatives: ["The Moon is grey."] },
      { query: "hot", document: "Venus is hot.", negatives: [] },
      { query: "rings", document: "Saturn has rings.", negatives: ["Mars is red."] },
    ];
    const corpus = { d: "Mars is red.", e: "Venus is hot." };
    const validation = { ...answered, corpus };
    const options = { loss: "triplet", epochs: 1, validation, test: validation } as const;
    await tune(embedder, { ...options, pairs });
    const embedModel = new EmbeddingGemmaEmbedding({ embedder });
    const queryEmbedding = await embedModel.getQueryEmbedding({ type: "text", text: "red" });
    const mode = VectorStoreQueryMode.DEFAULT;
    const query = { queryEmbedding: queryEmbedding!, similarityTopK: 1, mode };
    const vectorStore = new FaissVectorStore({ embedModel });
    await vectorStore.query(query);
    const mars = { text: "Mars", metadata: { moons: 2 }, embedding: queryEmbedding! };
    await vectorStore.add([new TextNode(mars)]);
    for (const key of ["lang", "moons"]) {
      const filters = { filters: [{ key, operator: "==" as const, value: "de" }] };
      await vectorStore.query({ ...query, filters });
    }
    const index = new faiss.IndexFlatL2(2);
    index.add([0, 1, 0, 0]);
    index.write(at("zero.faiss"));
    await FaissStore.import(at("zero.faiss"));
    const warnings = emit.mock.calls.map(([warning, options]) => {
      const { code } = (options ?? warning) as unknown as { code: string };
      return { code, message: warning instanceof Error ? warning.message : warning };
    });
    emit.mockRestore();
    for (const { code, message } of warnings) expectEntry("Warnings", code, message);
    expect(new Set(warnings.map(({ code }) => code)).size).toBeGreaterThan(5);
  });

  it("most of the entries were seen, and the code has the text of all other messages", () => {
    expect(new Set(seen.values()).size / entries.length).toBeGreaterThan(0.6);
    const quoted = entries.flatMap(({ messages }) => messages);
    expect(entries.filter(({ messages }) => messages.length === 0)).toEqual([]);
    expect(quoted.filter((message) => message.replaceAll(/\W/g, "").length < 10)).toEqual([]);
    const isMade = (message: string) => templates.some((text) => beginsAs(message, text));
    expect(quoted.filter((message) => !seen.has(message) && !isMade(message))).toEqual([]);
  });
});

/** What the programs of the page share, and how they open the storage folder. */
async function llamaIndexStorage() {
  const page = "docs/reference/troubleshooting.md";
  const { documents } = await runPage(page, { programs: ["documents.ts"] });
  const model = new EmbeddingGemmaEmbedding({ model: modelPath });
  Settings.embedModel = model;
  const open = async () => {
    const vectorStore = await FaissVectorStore.fromPersistDir("storage");
    return storageContextFromDefaults({ persistDir: "storage", vectorStore });
  };
  return { documents, model, open };
}

it("docs/reference/troubleshooting.md: LlamaIndex's files agree with the store again", async () => {
  const { documents, model, open } = await llamaIndexStorage();
  const stored = async () =>
    new Map(
      Array.from(await FaissStore.open<NodeRecord>("storage/faiss_vector_store"), (item) => [
        item.record.refDocId,
        item.id,
      ]),
    );
  const storageContext = await open();
  await VectorStoreIndex.fromDocuments(documents.slice(0, 2), { storageContext });
  await storageContext.docStore.addDocuments(documents, true); // listed, but never embedded
  const two = await stored();
  expect([...two.keys()]).toEqual(["mars", "venus"]);
  await VectorStoreIndex.fromDocuments(documents, { storageContext: await open() });
  expect(await stored()).toEqual(two);
  await import(join(process.cwd(), "embed-missing.ts"));
  const all = await stored();
  expect([...all].slice(0, 2)).toEqual([...two]);
  expect([...all.keys()]).toEqual(["mars", "venus", "saturn"]);

  await truncate("storage/doc_store.json", 100);
  await expect(open()).rejects.toThrow("Failed to load data from path: storage/doc_store.json");
  await cp("restore.ts", "restore-again.ts"); // another name, since a module runs once
  await rm("storage/doc_store.json");
  await rm("storage/index_store.json");
  await import(join(process.cwd(), "restore.ts"));
  expect(await stored()).toEqual(all);
  await VectorStoreIndex.init({ storageContext: await open() });

  await rm("storage/doc_store.json");
  await rm("storage/index_store.json");
  const [mars] = documents;
  mars.setContent("Mars has two moons."); // it has changed since
  await import(join(process.cwd(), "restore-again.ts"));
  const restored = await stored();
  expect([...restored.keys()].toSorted()).toEqual(["mars", "saturn", "venus"]);
  for (const id of ["venus", "saturn"]) expect(restored.get(id)).toBe(all.get(id));
  expect(restored.get("mars")).not.toBe(all.get("mars"));
  await VectorStoreIndex.fromDocuments(documents, { storageContext: await open() });
  expect(await stored()).toEqual(restored);
  await model.dispose();
});

it("docs/reference/troubleshooting.md: two programs added to one folder", async () => {
  const { documents, model, open } = await llamaIndexStorage();
  const idsOf = async () => (await FaissStore.open("storage/faiss_vector_store")).ids();
  const [first, second] = [await open(), await open()];
  await VectorStoreIndex.fromDocuments(documents.slice(0, 1), { storageContext: first });
  const saved = await idsOf();
  await expect(
    VectorStoreIndex.fromDocuments(documents.slice(1, 2), { storageContext: second }),
  ).rejects.toMatchObject({ code: "STORE_CHANGED" });
  await rm("storage/doc_store.json");
  await rm("storage/index_store.json");
  await import(join(process.cwd(), "restore.ts"));
  const restored = await idsOf();
  expect([restored.length, restored[0]]).toEqual([3, saved[0]]);
  await VectorStoreIndex.fromDocuments(documents, { storageContext: await open() });
  expect(await idsOf()).toEqual(restored);
  await model.dispose();
});

it("docs/reference/troubleshooting.md: the folder was that of a SimpleVectorStore", async () => {
  const { documents, model, open } = await llamaIndexStorage();
  await VectorStoreIndex.fromDocuments(documents, {
    storageContext: await storageContextFromDefaults({ persistDir: "storage" }),
  });
  const { docStore, vectorStores } = await open();
  const listed = Object.values(await docStore.docs());
  await vectorStores.TEXT!.add(await model(listed.filter(({ sourceNode }) => sourceNode)));
  const nightly = async () => {
    const docStoreStrategy = DocStoreStrategy.UPSERTS_AND_DELETE;
    await VectorStoreIndex.fromDocuments(documents, {
      storageContext: await open(),
      docStoreStrategy,
    });
    return (await FaissStore.open("storage/faiss_vector_store")).ids();
  };
  const saved = await nightly();
  await rm("storage/doc_store.json");
  await rm("storage/index_store.json");
  await import(join(process.cwd(), "restore.ts"));
  for (let run = 0; run < 2; run++) expect(await nightly()).toEqual(saved);
  await model.dispose();
});

runsAllCodeOf("docs/reference/errors.md", "docs/reference/troubleshooting.md");

async function errorOf(act: () => unknown): Promise<{ code: string; message: string }> {
  try {
    await act();
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error("There was no error.");
}

async function post(url: string, body: object): Promise<{ error: string; error_type: string }> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  return (await response.json()) as { error: string; error_type: string };
}
