import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Embedder, EmbeddingGemmaError } from "@embeddinggemma/core";
import { FaissStore } from "@embeddinggemma/faiss";
import type { RetrievalReport } from "@embeddinggemma/tune";
import { describe, expect, it, vi } from "vitest";
import { fewQuestions } from "./few-questions.ts";
import { writeReadmeCode } from "./readme-code.ts";
import { expectPrintedOutput, folder, log, runPage } from "./run-page.ts";
import { runsAllCodeOf } from "./runs-all-code.ts";

vi.setConfig({ testTimeout: 120_000 });

it.each([
  ["langchain", ["index.ts", "search.ts", "update.ts"]],
  ["llamaindex", ["index.ts", "search.ts", "update.ts"]],
  ["ai-sdk", ["index.ts", "search.ts"]],
  ["core", ["compare.ts", "index.ts", "search.ts"]],
])("docs/start/%s.md, one program after the other", async (name, programs) => {
  const page = `docs/start/${name}.md`;
  await runPage(page, { programs });
  await expectPrintedOutput(page);
});

it("docs/start/llamaindex.md: the first program adds what the second one deleted", async () => {
  const warned = vi.spyOn(process, "emitWarning");
  await runPage("docs/start/llamaindex.md", { programs: ["index.ts", "search.ts"] });
  await cp("index.ts", "again.ts"); // another name, since a module runs once
  await import(join(process.cwd(), "again.ts"));
  expect((await FaissStore.open("storage/faiss_vector_store")).size).toBe(5);
  const missing = expect.objectContaining({ code: "EMBEDDINGGEMMA_MISSING_NODES" });
  expect(warned).not.toHaveBeenCalledWith(missing);
  warned.mockRestore();
});

it.each([
  "docs/start/install.md",
  "docs/embed/choosing.md",
  "docs/embed/matryoshka.md",
  "docs/how-it-works/store-folder.md",
])("%s", async (page) => {
  await runPage(page);
  await expectPrintedOutput(page);
});

it("docs/embed/matryoshka.md: stored vectors are shortened as truncateDim would", async () => {
  const { embedder, mars, short, wider } = await runPage("docs/embed/matryoshka.md");
  expect(short.get("Mars").vector).toHaveLength(256);
  expect(embedder.similarity(mars, short.get("Mars").vector)[0][0]).toBeCloseTo(1, 5);
  expect([short.identity, wider.searchDimension]).toEqual([embedder.identity, 256]);
});

describe("docs/embed/prompts.md", () => {
  const page = "docs/embed/prompts.md";

  it("the model reads what the page says", async () => {
    const { embedder, query, untitled, titled } = await runPage(page);
    await expectPrintedOutput(page);
    const read = (await readFile(join(import.meta.dirname, "../../..", page), "utf8")).matchAll(
      /^\/\/ the model reads: (.*)$/gm,
    );
    const texts = Array.from(read, ([, text]) => text);
    expect(texts).toHaveLength(3);
    const vectors = await embedder.encode(texts);
    for (const [index, vector] of [query, untitled, titled].entries())
      expect(embedder.similarity(vector, vectors[index])[0][0]).toBeCloseTo(1, 5);
  });

  it("measures what a missing prompt costs", async () => {
    const files = { "examples/tuning/data": await fewQuestions({ test: 10 }) };
    const { report, untitled } = await runPage(page, { programs: ["cost.ts"], files });
    const prompts = (report as RetrievalReport).results.map(({ prompt }) => prompt);
    expect(prompts).toEqual([
      "both prompts",
      "no query prompt",
      "no document prompt",
      "no prompts",
    ]);
    expect(untitled.results).toHaveLength(1);
    expect(log.mock.calls.flat().join()).toMatch(/\| no prompts +\| +768 \| +0\.\d{4} \|/);
  });
});

describe("docs/embed/offline.md", async () => {
  const page = "docs/embed/offline.md";

  it("downloads", async () => {
    await expect(runPage(page, { programs: ["download.ts"] })).resolves.toBeDefined();
  });

  it("names the error of a model that is not there", async () => {
    const error: unknown = await Embedder.load("nobody/no-model", {
      localFilesOnly: true,
      cacheDir: folder,
    }).catch((reason) => reason);
    expect(EmbeddingGemmaError.isInstance(error) && error.code).toBe("MODEL_NOT_FOUND");
    expect(await readFile(join(import.meta.dirname, "../../..", page), "utf8")).toContain(
      "`MODEL_NOT_FOUND`",
    );
  });

  const code = await writeReadmeCode(join(folder, "example-test"), page);
  await import(join(code.folder, "planets.test.ts"));
});

runsAllCodeOf(
  "docs/start/ai-sdk.md",
  "docs/start/core.md",
  "docs/start/install.md",
  "docs/start/langchain.md",
  "docs/start/llamaindex.md",
  "docs/embed/choosing.md",
  "docs/embed/matryoshka.md",
  "docs/embed/offline.md",
  "docs/embed/prompts.md",
  "docs/how-it-works",
);
