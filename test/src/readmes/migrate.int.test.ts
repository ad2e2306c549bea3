import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FaissVectorStore } from "@embeddinggemma/llamaindex";
import { env } from "@huggingface/transformers";
import faiss from "faiss-node";
import {
  DocStoreStrategy,
  Document,
  storageContextFromDefaults,
  VectorStoreIndex,
} from "llamaindex";
import ts from "typescript";
import { describe, expect, it, vi } from "vitest";
import { decodeVector, readGolden } from "../golden/golden.ts";
import { expectPrintedOutput, printed, runPage } from "./run-page.ts";
import { runsAllCodeOf } from "./runs-all-code.ts";

vi.setConfig({ testTimeout: 120_000 });

// The pipeline of Transformers.js looks for optional files of the tiny model on the Hub otherwise.
env.allowRemoteModels = false;

const root = join(import.meta.dirname, "../../..");
const fixtures = join(root, "test/fixtures/faiss");
const pages = (await readdir(join(root, "docs/migrate"))).filter((name) => name !== "index.md");
const page = (name: string) => `docs/migrate/${name}.md`;
const textOf = (name: string) => readFile(join(root, page(name)), "utf8");

describe("the pages about migration", () => {
  it.each(pages)("has the same sections as the others: %s", async (file) => {
    const text = await textOf(file.replace(".md", ""));
    const sections = Array.from(text.matchAll(/^## (.*)$/gm), ([, heading]) => heading);
    expect(sections.slice(0, 7)).toEqual([
      "Before",
      "After",
      "What changes in scores",
      "Move the stored vectors",
      "Verify",
      "Options",
      "Methods",
    ]);
  });

  it("lists every page in the overview", async () => {
    const text = await textOf("index");
    for (const file of pages) expect(text).toContain(`](${file})`);
  });

  it.each([
    ["huggingface-transformers-embeddings", "@langchain/community"],
    ["community-faiss-store", "@langchain/community"],
    ["huggingface-embedding", "@llamaindex/huggingface"],
  ])("has code for another package that parses, but is not run here: %s", async (name, other) => {
    const blocks = Array.from((await textOf(name)).matchAll(/```ts before\n(.*?)```/gs));
    expect(blocks.length).toBeGreaterThan(0);
    for (const [, code] of blocks) {
      expect(code).toContain(`from "${other}`);
      const { diagnostics } = ts.transpileModule(code!, { reportDiagnostics: true });
      expect(diagnostics).toEqual([]);
    }
  });

  it("index: what moves a vector how far", async () => {
    await runPage(page("index"), { programs: ["what-changes.ts"] });
    const lines = Object.fromEntries(
      printed()
        .split("\n")
        .map((line) => line.split(/ (?=-?[\d.]+$)/)),
    );
    const table = Array.from((await textOf("index")).matchAll(/^\| ([^|]+?) \| [−\d.]+ \|$/gm));
    expect(table).toHaveLength(4);
    for (const change of Object.keys(lines))
      expect(table.some(([, row]) => row!.startsWith(change))).toBe(true);
    expect(Number(lines["no prompt"])).toBeLessThan(Number(lines["with a title"]));
    expect(Math.abs(Number(lines["mean of the hidden states"]))).toBeLessThan(0.5);
  });

  it.each(["huggingface-transformers-embeddings", "huggingface-embedding"])("%s", async (name) => {
    await runPage(page(name), { section: "After" });
    await expectPrintedOutput(page(name), "After");
    await runPage(page(name), { section: "Verify", programs: ["verify.ts"] });
    expect(printed()).toMatch(/old and new vector of one text: -?0\.\d\d\n/);
    expect(printed()).toMatch(/before \[ '0\.\d\d', '0\.\d\d' \]\nafter \[ '/);
  });

  it("huggingface-embedding: documents of a saved index are embedded again", async () => {
    const { vectorStore } = await runPage(page("huggingface-embedding"), {
      section: "Move the stored vectors",
    });
    expect((await vectorStore.client()).size).toBe(2);
  });

  it("memory-vector-store", async () => {
    const name = page("memory-vector-store");
    const before = await runPage(name, { section: "Before" });
    const after = await runPage(name, { section: "After" });
    const idsOf = (hits: [{ id: string }, number][]) => hits.map(([{ id }]) => id);
    expect(idsOf(before.hits)).toEqual(["mars"]);
    expect(idsOf(after.hits)).toEqual(["mars"]);
    expect(after.hits[0][1]).toBeCloseTo(before.hits[0][1], 5);
    const { old, store, embeddings } = await runPage(name, { section: "Move the stored vectors" });
    const query = await embeddings.embedQuery("Which planet is red?");
    const [[moved, score]] = await store.similaritySearchVectorWithScore(query, 1);
    const [[kept, same]] = await old.similaritySearchVectorWithScore(query, 1);
    expect([moved.pageContent, moved.metadata]).toEqual([kept.pageContent, kept.metadata]);
    expect(score).toBeCloseTo(same, 5);
    await runPage(name, { section: "Verify", programs: ["verify.ts"] });
    await expectPrintedOutput(name, "Verify");
  });

  it("simple-vector-store", async () => {
    const name = page("simple-vector-store");
    const before = await runPage(name, { section: "Before" });
    const old = join(process.cwd(), "old-storage");
    const after = await runPage(name, { section: "After" });
    const found = ({ hits }: { hits: { node: { sourceNode: { nodeId: string } } }[] }) =>
      hits.map(({ node }) => node.sourceNode.nodeId);
    expect(found(before)).toEqual(["mars"]);
    expect(found(after)).toEqual(["mars"]);
    expect(after.hits[0].score).toBeCloseTo(before.hits[0].score, 5);
    const titan = () =>
      new Document({ id_: "titan", text: "A moon.", metadata: { found: new Date(0) } });
    await VectorStoreIndex.fromDocuments([titan()], {
      storageContext: await storageContextFromDefaults({ persistDir: old }),
    });
    const { vectorStore } = await runPage(name, {
      section: "Move the stored vectors",
      files: { "old-storage": old },
    });
    const index = await VectorStoreIndex.fromVectorStore(vectorStore);
    const hits = await index.asRetriever({ similarityTopK: 2 }).retrieve("Which planet is red?");
    expect(hits).toMatchObject([
      { node: { text: "Mars is often called the Red Planet." } },
      { node: { text: "Venus is hot and cloudy." } },
    ]);
    expect(hits[0]!.score).toBeCloseTo(before.hits[0].score, 5);
    const ids = (await vectorStore.client()).ids();
    const nightly = async (...documents: Document[]) => {
      const vectorStore = await FaissVectorStore.fromPersistDir("storage");
      const storageContext = await storageContextFromDefaults({
        persistDir: "storage",
        vectorStore,
      });
      await VectorStoreIndex.init({ storageContext });
      const docStoreStrategy = DocStoreStrategy.UPSERTS_AND_DELETE;
      await VectorStoreIndex.fromDocuments(documents, { storageContext, docStoreStrategy });
      return (await vectorStore.client()).ids();
    };
    const [mars, venus] = [
      new Document({
        id_: "mars",
        text: "Mars is often called the Red Planet.",
        metadata: { moons: 2 },
      }),
      new Document({ id_: "venus", text: "Venus is hot and cloudy.", metadata: { moons: 0 } }),
    ];
    for (let run = 0; run < 3; run++) expect(await nightly(mars!, venus!, titan())).toEqual(ids);
    expect(await nightly(mars!, titan())).toEqual([ids[0], ids[2]]);
    await runPage(name, { section: "Verify", programs: ["verify.ts"] });
    await expectPrintedOutput(name, "Verify");
  });

  it("faiss-node", async () => {
    const name = page("faiss-node");
    await runPage(name, { section: "Before" });
    expect(printed()).toBe("Venus is hot. 0.40\nMars is red. 0.80");
    await runPage(name, { section: "After" });
    await expectPrintedOutput(name, "After");
    const { store } = await runPage(name, { section: "Move the stored vectors" });
    expect(store.get("venus")).toMatchObject({ record: { text: "Venus is hot." } });
    await runPage(name, { section: "Verify", programs: ["verify.ts"] });
    await expectPrintedOutput(name, "Verify");
  });

  it.each([
    ["community-faiss-store", "old-store", "langchain-js", "faiss.index", "old-hits.json"],
    ["langchain-python", "faiss_index", "langchain-python", "index.faiss", "python-hits.json"],
    ["llamaindex-python", "python-storage", "llamaindex-python", "default__vector_store.json"],
  ])("%s", async (name, target, fixture, index, hits = "python-hits.json") => {
    const after = await runPage(page(name), { section: "After" });
    expect(after.hits).toHaveLength(1);
    const files = { [target]: join(fixtures, fixture) };
    const moved = await runPage(page(name), { section: "Move the stored vectors", files });
    expect(await (moved.store ?? moved.vectorStore).client()).toMatchObject({ dimension: 768 });
    const found = await writeHits(join(fixtures, fixture, index), hits);
    await runPage(page(name), {
      section: "Verify",
      programs: ["verify.ts"],
      files: { ...files, ...found },
    });
    await expectPrintedOutput(page(name), "Verify");
  });

  it("sentence-transformers, with vectors of Python", async () => {
    const name = page("sentence-transformers");
    const { query, documents } = await runPage(name, { section: "After" });
    expect([query.length, documents.length]).toEqual([768, 2]);
    const golden = readGolden("tiny-model");
    const rows = golden.cases
      .filter(({ call, title }) => call === "encodeDocument" && title === undefined)
      .map(({ text, vector }) => ({
        text: golden.texts[text],
        vector: Array.from(decodeVector(vector)),
      }))
      .filter(({ text }) => typeof text === "string");
    expect(rows.length).toBeGreaterThan(2);
    const file = join(await mkdtemp(join(tmpdir(), "vectors-")), "vectors.jsonl");
    await writeFile(file, rows.map((row) => JSON.stringify(row)).join("\n"));
    const files = { "vectors.jsonl": file };
    const { store } = await runPage(name, { section: "Move the stored vectors", files });
    expect(store.size).toBe(rows.length);
    await runPage(name, { section: "Verify", programs: ["verify.ts"], files });
    await expectPrintedOutput(name, "Verify");
  });
});

/** What FAISS itself finds in an index, in the file that the old program would have written. */
async function writeHits(index: string, name: string): Promise<Record<string, string>> {
  const { ids, texts, vectors } = JSON.parse(
    await readFile(join(fixtures, "expected.json"), "utf8"),
  );
  const vector = vectors[3];
  const { labels, distances } = faiss.Index.read(index).search(vector, 3);
  const found = {
    vector,
    texts: labels.map((label) => texts[label]),
    ids: labels.map((label) => ids[label]),
    distances,
    similarities: distances,
  };
  const file = join(await mkdtemp(join(tmpdir(), "hits-")), name);
  await writeFile(file, JSON.stringify(found));
  return { [name]: file };
}

runsAllCodeOf("docs/migrate");
