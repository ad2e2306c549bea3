import { readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FaissStore } from "@embeddinggemma/faiss";
import type { NodeRecord } from "@embeddinggemma/llamaindex";
import { Document } from "@langchain/core/documents";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startChatServer } from "./chat-server.ts";
import { expectPrintedOutput, runPage } from "./run-page.ts";
import { runsAllCodeOf } from "./runs-all-code.ts";
import { scriptedProvider } from "./scripted-model.ts";

vi.setConfig({ testTimeout: 120_000 });

const examples = join(import.meta.dirname, "../../../examples");
const frameworks = { "LangChain.js": "langchain.ts", "LlamaIndex.TS": "llamaindex.ts" };

let chatServer: Awaited<ReturnType<typeof startChatServer>>;
beforeAll(async () => {
  chatServer = await startChatServer();
  vi.stubEnv("OPENAI_BASE_URL", chatServer.url);
  vi.stubEnv("OPENAI_API_KEY", "none");
});
afterAll(() => {
  chatServer.close();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

describe.each(Object.entries(frameworks))("%s", (section, program) => {
  /** Runs the program of a page for the framework, which prints what its section shows. */
  async function run(name: string, files?: Record<string, string>): Promise<void> {
    const page = `docs/recipes/${name}.md`;
    await runPage(page, { programs: [program], files });
    await expectPrintedOutput(page, section);
  }

  it("chat with your documents", async () => {
    await run("chat-with-your-documents", { documents: join(examples, "langchain-rag/data") });
  });

  it.each(["agents", "incremental-indexing", "multi-tenant", "hybrid-search", "parent-documents"])(
    "%s",
    (name) => run(name),
  );
});

it.each(["incremental-indexing", "multi-tenant"])("without a framework: %s", async (name) => {
  const page = `docs/recipes/${name}.md`;
  await runPage(page, { programs: ["core.ts"] });
  await expectPrintedOutput(page, "Without a framework");
});

it("without a framework: hybrid-search", async () => {
  const page = "docs/recipes/hybrid-search.md";
  await runPage(page, { programs: ["core.ts"] });
  await expectPrintedOutput(page, "LangChain.js");
});

it("AI SDK: chat with your documents", async () => {
  vi.stubGlobal("AI_SDK_DEFAULT_PROVIDER", scriptedProvider());
  const page = "docs/recipes/chat-with-your-documents.md";
  const files = { documents: join(examples, "langchain-rag/data") };
  await runPage(page, { programs: ["ai-sdk.ts"], files });
  await expectPrintedOutput(page, "AI SDK");
});

describe("incremental-indexing", () => {
  /** The function of the LangChain.js program. */
  async function updateOfPage(): Promise<(folder: string, documents: Document[]) => Promise<void>> {
    const program = "langchain.ts";
    await runPage("docs/recipes/incremental-indexing.md", { programs: [program] });
    const [start] = (await readFile(program, "utf8")).split("\nfor (const files");
    await writeFile("update.ts", `${start}\nexport { update };`);
    return (await import(join(process.cwd(), "update.ts"))).update;
  }

  it("updates a copy in LlamaIndex.TS, and publishes it in one step", async () => {
    const { update } = await runPage("docs/recipes/incremental-indexing.md", {
      programs: ["update-storage.ts"],
    });
    await update("storage-1", (await import(join(process.cwd(), "notes.ts"))).first);
    await symlink("storage-1", "storage");
    await import(join(process.cwd(), "nightly.ts"));
    const items = [...(await FaissStore.open<NodeRecord>("storage/faiss_vector_store"))];
    const files = items.map(({ record }) => record.refDocId);
    expect(files.toSorted()).toEqual(["apples.txt", "bread.txt", "dates.txt"]);
    const folders = (await readdir(".")).filter((name) => name.startsWith("storage"));
    expect(folders).toEqual(["storage", await readlink("storage")]);
    expect(folders[1]).not.toBe("storage-1");
  });

  it("of two first runs at once, neither replaces the other", async () => {
    const update = await updateOfPage();
    const run = (source: string) =>
      update("both", [new Document({ pageContent: source, metadata: { source } })]);
    const runs = await Promise.allSettled([run("apples.txt"), run("bread.txt")]);
    const refused = runs.filter((result) => result.status === "rejected");
    expect(refused).toMatchObject([{ reason: { code: "STORE_CHANGED" } }]);
  });

  it("keeps what another program has added to the store", async () => {
    const update = await updateOfPage();
    const file = (source: string) => new Document({ pageContent: source, metadata: { source } });
    await update("shared", [file("apples.txt"), file("bread.txt")]);
    const store = await FaissStore.open("shared");
    const [item] = [...store];
    await store.upsert([{ ...item!, id: "by a form" }], { saveTo: "shared" });
    await update("shared", [file("bread.txt")]);
    const kept = (await FaissStore.open("shared")).ids();
    expect(kept).toEqual([expect.stringMatching(/^files\//), "by a form"]);
  });

  it("replaces a document with another title", async () => {
    const update = await updateOfPage();
    for (const title of ["Bread", "Rye bread"])
      await update("titles", [new Document({ pageContent: "It is baked.", metadata: { title } })]);
    const items = [...(await FaissStore.open("titles"))];
    expect(items).toMatchObject([{ record: { metadata: { title: "Rye bread" } } }]);
  });
});

it.each([
  ["langchain.ts", "tenants/acme"],
  ["llamaindex.ts", "tenants/acme/faiss_vector_store"],
  ["core.ts", "tenants/acme"],
])("multi-tenant: a second run of %s adds nothing again", async (program, store) => {
  const programs = [program, `${program}?again`];
  await runPage("docs/recipes/multi-tenant.md", { programs });
  expect((await FaissStore.open(store)).size).toBe(2);
});

it.each([
  [
    "langchain.ts",
    (id: string) => `[new Document({ id: "${id}", pageContent: "Tea is at four." })]`,
  ],
  ["core.ts", (id: string) => `[{ ...items[1], id: "${id}" }]`],
])("multi-tenant: %s goes on after another process has written", async (program, documents) => {
  const more = `
    const rival = await FaissStoreOfRival.open("tenants/acme");
    await rival.upsert([{ ...rival.get("office-acme"), id: "rival" }], { saveTo: "tenants/acme" });
    await Promise.all([add("acme", ${documents("new")}), add("acme", ${documents("newer")})]);
    await rm("tenants/globex", { recursive: true });
    await add("globex", ${documents("first")});
    import { rm } from "node:fs/promises";
    import { FaissStore as FaissStoreOfRival } from "@embeddinggemma/faiss";`;
  const page = "docs/recipes/multi-tenant.md";
  await runPage(page, { programs: [program], more: { [program]: more } });
  const idsOf = async (tenant: string) => (await FaissStore.open(`tenants/${tenant}`)).ids().sort();
  expect(await idsOf("acme")).toEqual(["lunch-acme", "new", "newer", "office-acme", "rival"]);
  expect(await idsOf("globex")).toEqual(["first"]);
});

it("hybrid-search, measured", async () => {
  const files = { "examples/tuning/data": join(examples, "tuning/data") };
  const page = "docs/recipes/hybrid-search.md";
  await runPage(page, { programs: ["measure.ts"], files });
  await expectPrintedOutput(page, "Measure it");
});

runsAllCodeOf(
  "docs/recipes/agents.md",
  "docs/recipes/chat-with-your-documents.md",
  "docs/recipes/hybrid-search.md",
  "docs/recipes/incremental-indexing.md",
  "docs/recipes/multi-tenant.md",
  "docs/recipes/parent-documents.md",
);
