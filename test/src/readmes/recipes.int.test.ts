import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Document } from "@langchain/core/documents";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startChatServer } from "./chat-server.ts";
import { expectPrintedOutput, runPage } from "./run-page.ts";
import { runsAllCodeOf } from "./runs-all-code.ts";

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

it("incremental-indexing: of two first runs at once, neither replaces the other", async () => {
  const program = "langchain.ts";
  await runPage("docs/recipes/incremental-indexing.md", { programs: [program] });
  const [start] = (await readFile(program, "utf8")).split("\nfor (const files");
  await writeFile("two-runs.ts", `${start}\nexport { update };`);
  const { update } = await import(join(process.cwd(), "two-runs.ts"));
  const run = (source: string) =>
    update("both", [new Document({ pageContent: source, metadata: { source } })]);
  const runs = await Promise.allSettled([run("apples.txt"), run("bread.txt")]);
  const refused = runs.filter((result) => result.status === "rejected");
  expect(refused).toMatchObject([{ reason: { code: "STORE_CHANGED" } }]);
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
