import { EmbeddingGemmaEmbeddings, FaissStore } from "@embeddinggemma/langchain";
import { modelPath } from "@embeddinggemma/tiny-model";
import { expect, it, vi } from "vitest";
import { expectPrintedOutput, printed, runPage } from "./run-page.ts";
import { runsAllCodeOf } from "./runs-all-code.ts";

vi.setConfig({ testTimeout: 120_000 });

it("docs/search/store.md", async () => {
  const page = "docs/search/store.md";
  const { near, lists, diverse, again } = await runPage(page);
  await expectPrintedOutput(page);
  expect(printed()).toMatch(/^Mars true 2$/m);
  expect(near[0].id).toBe("Mars");
  expect(lists).toHaveLength(2);
  expect(diverse).toHaveLength(3);
  expect([...again].map(({ id }: { id: string }) => id)).toEqual(["Mars", "Venus", "Neptune"]);
});

it.each([
  ["Without a framework", "faiss.ts"],
  ["LangChain.js", "langchain.ts"],
  ["LlamaIndex.TS", "llamaindex.ts"],
])("docs/search/filters.md, %s", async (section, program) => {
  const page = "docs/search/filters.md";
  await runPage(page, { programs: [program] });
  await expectPrintedOutput(page, section);
});

it("docs/search/filters.md, optional.ts", async () => {
  const { filterOf } = await runPage("docs/search/filters.md", { programs: ["optional.ts"] });
  const texts = ["one", "two", "three"];
  const metadatas = [{ lang: "en", year: 2020, tags: ["red"] }, { lang: "en" }, { lang: "de" }];
  const embeddings = new EmbeddingGemmaEmbeddings({ model: modelPath });
  const store = await FaissStore.fromTexts(texts, metadatas, embeddings);
  const found = async (parameters: object) =>
    (await store.similaritySearch("x", 3, filterOf(parameters))).map((one) => one.pageContent);
  expect((await found({})).sort()).toEqual(["one", "three", "two"]);
  expect((await found({ lang: "en" })).sort()).toEqual(["one", "two"]);
  expect(await found({ tag: "red", year: "2019" })).toEqual(["one"]);
  await embeddings.dispose();
});

it("docs/search/index-kinds.md", async () => {
  const page = "docs/search/index-kinds.md";
  const { exact, hits } = await runPage(page);
  await expectPrintedOutput(page);
  expect(exact.engine).toBe("builtin");
  expect(hits).toHaveLength(10);
});

it("docs/search/file-format.md", async () => {
  const page = "docs/search/file-format.md";
  await runPage(page);
  await expectPrintedOutput(page);
});

runsAllCodeOf(
  "docs/search/store.md",
  "docs/search/filters.md",
  "docs/search/index-kinds.md",
  "docs/search/file-format.md",
);
