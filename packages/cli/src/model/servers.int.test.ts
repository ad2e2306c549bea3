import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Adapter, Embedder } from "@embeddinggemma/core";
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

it("asks for the adapter of a server only to embed queries", async () => {
  const { model, modelIdentity: identity, dimension } = embedder;
  const a = Float32Array.from({ length: dimension }, (_, index) => Math.sin(index));
  const parts = { sides: "query", dimension, weights: { a, b: a.toReversed() } } as const;
  const adapter = Adapter.from({ ...parts, base: { model, identity } });
  const adapted = await serve(embedder.withAdapter(adapter), local);
  const url = ["--url", adapted.url];
  const text = ["Mars", ...url];
  const same = await run(["embed", "Mars", "--model", "tiny"]);
  expect(await run(["embed", ...text])).toEqual(same);
  expect(await run(["similarity", "Mars", "Venus", ...url])).toMatchObject({ code: 0, errors: "" });
  for (const query of [["--query"], ["--prompt-name", "query"]]) {
    const { code, errors } = await run(["embed", ...text, ...query]);
    expect(code).toBe(1);
    expect(errors).toContain("as --adapter. To do without it, add --no-adapter.\n");
    const plain = await run(["embed", "Mars", "--model", "tiny", ...query]);
    expect(await run(["embed", ...text, ...query, "--no-adapter"])).toEqual(plain);
  }
  await adapted.close();
});

it("sends no key of the environment to a server that only a store names", async () => {
  const folder = await mkdtemp(join(tmpdir(), "servers-"));
  await writeFile(join(folder, "mars.txt"), "Mars is red.");
  const store = join(folder, "notes.store");
  vi.stubEnv("EMBEDDINGGEMMA_API_KEY", "secret");
  const made = await run(["index", folder, "--store", store, "--url", server.url]);
  expect(made.code).toBe(0);
  const search = (...flags: string[]) => run(["search", "red", "--store", store, ...flags]);
  const { errors } = await search();
  expect(errors).toMatch(/401 Unauthorized\. The key in EMBEDDINGGEMMA_API_KEY was not sent,/);
  expect(errors).toContain(`, add --url ${server.url}.\n`);
  expect(errors).not.toContain("--api-key");
  await writeFile(join(folder, "venus.txt"), "Venus is hot.");
  expect((await run(["index", folder, "--store", store])).errors).toBe(errors);
  const wrong = await search("--api-key", "wrong");
  expect(wrong.errors).toContain("refuses the key that --api-key gave.\n");
  expect(await search("--api-key", "secret")).toMatchObject({ code: 0 });
  expect(await search("--url", server.url)).toMatchObject({ code: 0 });
  await rm(folder, { recursive: true });
});

it("says what to do about a default prompt, without options of code", async () => {
  await using prompted = await serve(embedder, { ...local, defaultPromptName: "query" });
  const { code, errors } = await embed("--url", prompted.url);
  expect(code).toBe(2);
  expect(errors).toMatch(/would have two\.\s+Start the server without --default-prompt-name/);
  expect(errors).not.toContain("prompts");
});

it("says which servers count tokens, and leaves no store behind without one", async () => {
  const folder = await mkdtemp(join(tmpdir(), "servers-"));
  await writeFile(join(folder, "mars.txt"), "Mars is red.");
  await using openai = createServer((request, response) => {
    const data = {
      "/v1/models": [{ id: "embeddinggemma" }],
      "/v1/embeddings": [{ index: 0, embedding: new Array(768).fill(0.1) }],
    }[request.url!];
    if (!data) response.statusCode = 404;
    response.end(JSON.stringify({ data, model: "embeddinggemma" }));
  });
  await new Promise<void>((resolve) => openai.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(openai.address() as AddressInfo).port}`;
  const argv = ["index", folder, "--store", join(folder, "my.store"), "--url", url];
  const { code, errors } = await run(argv);
  expect(code).toBe(2);
  expect(errors).toContain(
    "error: The server does not say lengths of texts. Use a server that counts tokens: " +
      "`embeddinggemma serve`, or Text Embeddings Inference.\n",
  );
  expect(await readdir(folder)).toEqual(["mars.txt"]);
  await rm(folder, { recursive: true });
});
