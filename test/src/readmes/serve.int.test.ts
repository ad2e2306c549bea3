import { Embedder } from "@embeddinggemma/core";
import { type RunningServer, serve } from "@embeddinggemma/server";
import { modelPath } from "@embeddinggemma/tiny-model";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { expectPrintedOutput, printed, runPage } from "./run-page.ts";
import { runsAllCodeOf } from "./runs-all-code.ts";

vi.setConfig({ testTimeout: 120_000 });

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

it("docs/serve/server.md", async () => {
  const page = "docs/serve/server.md";
  await runPage(page, { programs: ["client.ts", "openai.ts"], port: server.port });
  await expectPrintedOutput(page, "Clients");
});

it("docs/serve/fleet.md", async () => {
  const { vectors } = await runPage("docs/serve/fleet.md", { port: server.port });
  expect(vectors).toHaveLength(2);
  expect(printed()).toBe("2");
});

runsAllCodeOf("docs/serve/server.md", "docs/serve/fleet.md");
