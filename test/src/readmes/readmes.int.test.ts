import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FaissStore } from "@embeddinggemma/faiss";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { writeReadmeCode } from "./readme-code.ts";

vi.setConfig({ testTimeout: 120_000 });

const folder = await mkdtemp(join(tmpdir(), "readmes-"));
afterAll(async () => {
  process.chdir(tmpdir());
  await rm(folder, { recursive: true });
});

/** Runs a README's code from its beginning to its end, and gives what it declares. */
// biome-ignore lint/suspicious/noExplicitAny: whatever a README declares
async function run(readme: string, section?: string): Promise<any> {
  const name = [readme, section].join(" ").replaceAll(/\W+/g, "-");
  const code = await writeReadmeCode(join(folder, name), readme, section);
  process.chdir(code.folder);
  return import(code.program);
}

describe("the code of the READMEs, as it stands there, on the tiny model", () => {
  const log = vi.spyOn(console, "log");
  beforeEach(() => {
    log.mockReset().mockImplementation(() => {});
  });

  it("README.md, LangChain.js", async () => {
    const { hits, retriever } = await run("README.md", "LangChain.js");
    expect(hits).toMatchObject([[{ metadata: { title: "Mars" } }, expect.any(Number)]]);
    expect(await retriever.invoke("Which planet is hot?")).toHaveLength(2);
  });

  it("README.md, LlamaIndex.TS", async () => {
    const { nodes } = await run("README.md", "LlamaIndex.TS");
    expect(nodes).toMatchObject([
      { node: { metadata: { title: "Mars" } }, score: expect.any(Number) },
    ]);
  });

  it("core", async () => {
    await run("packages/core/README.md");
    expect(log.mock.calls.map(([first]) => first)).toContain("UNKNOWN_PROMPT");
    expect(log.mock.calls).toContainEqual([3]);
  });

  it("faiss", async () => {
    await run("packages/faiss/README.md");
    expect(log.mock.calls).toEqual([
      ["mars", expect.stringMatching(/^0\.\d{3}$/), "Mars is the Red Planet."],
      [
        expect.stringMatching(/^(?:venus|saturn)$/),
        expect.stringMatching(/^0\.\d{3}$/),
        expect.any(String),
      ],
      [2, "faiss"],
    ]);
  });

  it("langchain", async () => {
    const { english, withMoons, diverse, again, parts } = await run("packages/langchain/README.md");
    const titles = (documents: { metadata: { title: string } }[]) =>
      documents.map(({ metadata }) => metadata.title);
    expect(titles(english.map(([document]: [never]) => document))).toEqual(["Mars", "Venus"]);
    expect(titles(withMoons)).toEqual(["Mars", "Saturn"]);
    expect(titles(diverse)[0]).toBe("Mars");
    expect(titles(await again.similaritySearch("Which planet is red?", 1))).toEqual(["Mars"]);
    expect(parts).toHaveLength(3);
  });

  it("llamaindex", async () => {
    const { nodes, parts } = await run("packages/llamaindex/README.md");
    expect(nodes.map(({ node }: { node: { metadata: object } }) => node.metadata)).toEqual([
      { title: "Mars", moons: 2 },
      { title: "Saturn", moons: 274 },
    ]);
    expect(parts).toEqual(["Mars is red. Venus is hot and cloudy."]);
    expect(await FaissStore.open("storage/faiss_vector_store")).toMatchObject({ size: 3 });
  });

  it("tiny-model", async () => {
    const { query } = await run("packages/tiny-model/README.md");
    expect(query).toHaveLength(768);
  });
});

describe("the test that tiny-model's README gives its readers", async () => {
  const code = await writeReadmeCode(join(folder, "readers-test"), "packages/tiny-model/README.md");
  await import(join(code.folder, "search.test.ts"));
});
