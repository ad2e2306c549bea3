import { Embedder } from "@embeddinggemma/core";
import { type RunningServer, serve } from "@embeddinggemma/server";
import { modelPath } from "@embeddinggemma/tiny-model";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { run } from "../testing/run-program.ts";

const local = { hostname: "127.0.0.1", port: 0 };
let embedder: Embedder;
let server: RunningServer;

beforeAll(async () => {
  embedder = await Embedder.load(modelPath);
  server = await serve(embedder, { ...local, apiKey: "secret" });
});

afterEach(() => {
  vi.unstubAllEnvs();
});

afterAll(async () => {
  await server.close();
  await embedder.dispose();
});

const embed = (...flags: string[]) => run(["embed", "Mars", ...flags]);

it("gives a server its key, of a flag or of the environment", async () => {
  const { errors } = await embed("--url", server.url);
  expect(errors).toContain("Set --api-key to the key of the server.\n");
  const wrong = await embed("--url", server.url, "--api-key", "hidden");
  expect(wrong).toMatchObject({ code: 1, output: "" });
  expect(wrong.errors).not.toContain("hidden");
  const given = await embed("--url", server.url, "--api-key", "secret");
  expect(given).toMatchObject({ code: 0, errors: "" });
  vi.stubEnv("EMBEDDINGGEMMA_API_KEY", "secret");
  expect(await embed("--url", server.url)).toEqual(given);
  expect(await embed("--model", "tiny")).toMatchObject({ code: 0, errors: "" });
});

it("says what to do about a default prompt, without options of code", async () => {
  await using prompted = await serve(embedder, { ...local, defaultPromptName: "query" });
  const { code, errors } = await embed("--url", prompted.url);
  expect(code).toBe(2);
  expect(errors).toMatch(/would have two\.\s+Start the server without --default-prompt-name/);
  expect(errors).not.toContain("prompts");
});
