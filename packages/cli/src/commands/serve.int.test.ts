import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Embedder } from "@embeddinggemma/core";
import { endPrograms } from "@embeddinggemma/internal/testing";
import { modelPath } from "@embeddinggemma/tiny-model";
import { afterEach, describe, expect, it, vi } from "vitest";
import { startBuiltProgram as start } from "../testing/built-program.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  endPrograms();
});

describe("serve", () => {
  it("serves the tiny model until Ctrl-C, with the flags of the server", async () => {
    const flags = ["--hostname", "127.0.0.1", "-p", "0", "--default-prompt-name", "query"];
    vi.stubEnv("SERVED_MODEL_NAME", "planets");
    const program = start("serve", ...flags, "-m", "tiny");
    const [, url] = await program.find(/url=(http\S+)/);
    const models = await fetch(`${url}/v1/models`);
    expect(await models.json()).toMatchObject({ data: [{ id: "planets" }] });
    const response = await fetch(`${url}/embed`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ inputs: "Which planet is red?" }),
    });
    const [vector] = (await response.json()) as [number[]];
    await using embedder = await Embedder.load(modelPath);
    const expected = await embedder.encodeQuery("Which planet is red?");
    expect(embedder.similarity([vector], expected)[0]![0]).toBeCloseTo(1, 5);
    program.child.kill("SIGINT");
    expect(await program.exit()).toBe(0);
  });

  it("does not guess the model of a server that made a store", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "mars.md"), "Mars is red.");
    const flags = ["--hostname", "127.0.0.1", "-p", "0"];
    const server = start("serve", ...flags, "-m", "tiny");
    const [, url] = await server.find(/url=(http\S+)/);
    const store = join(folder, "notes.store");
    const index = start("index", join(folder, "mars.md"), "--store", store, "--url", url!);
    expect(await index.exit()).toBe(0);
    const program = start("serve", ...flags, "--store", store);
    expect(await program.exit()).toBe(1);
    expect(program.output()).toContain(
      `error: ${store} was made with the server ${url}, which ran a model from a folder. Add ` +
        "--model-id <folder> --dtype q8, with a copy of that folder.",
    );
    const named = start("serve", ...flags, "--store", store, "--model-id", modelPath);
    await named.find(/url=(http\S+) store=\S+ documents=1 /);
  });

  it("serves a store with the model that made it", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "mars.md"), "Mars is red.");
    const store = join(folder, "notes.store");
    const made = ["--store", store, "--model", "tiny", "--truncate-dim", "256"];
    const index = start("index", join(folder, "mars.md"), ...made);
    expect(await index.exit()).toBe(0);
    vi.stubEnv("STORE", store);
    vi.stubEnv("MODEL_ID", "owner/other");
    const program = start("serve", "--hostname", "127.0.0.1", "-p", "0");
    const [, url] = await program.find(/url=(http\S+) store=\S+ documents=1 /);
    expect(program.output()).toContain("notes.store is read-only for clients");
    expect(program.output()).toContain("MODEL_ID is ignored: the store was made with tiny.");
    const response = await fetch(`${url}/search?query=red`);
    expect(await response.json()).toMatchObject([{ text: "Mars is red." }]);
    const models = await fetch(`${url}/v1/models`);
    expect(await models.json()).toMatchObject({ data: [{ id: "tiny" }] });
    program.child.kill("SIGINT");
    expect(await program.exit()).toBe(0);
    const named = start("serve", "--hostname", "127.0.0.1", "-p", "0", "--model-id", "tiny");
    await named.find(/url=(http\S+) store=\S+ documents=1 /);
    expect(named.output()).not.toContain("is ignored");
    named.child.kill("SIGINT");
    expect(await named.exit()).toBe(0);
  });

  it("outlives the reader of its log", async () => {
    const program = start("serve", "--hostname", "127.0.0.1", "-p", "0", "-m", "tiny");
    const [, url] = await program.find(/url=(http\S+)/);
    program.child.stdout!.destroy();
    for (let round = 0; round < 3; round++)
      expect((await fetch(`${url}/v1/models`)).status).toBe(200);
    program.child.kill("SIGTERM");
    expect(await program.exit()).toBe(0);
  });

  it("has the help of the server, under its own name", async () => {
    vi.stubEnv("STORE", import.meta.filename);
    const program = start("help", "serve");
    expect(await program.exit()).toBe(0);
    expect(program.output()).toMatch(/^Usage: embeddinggemma serve \[options\]\n/);
    expect(program.output()).toContain("--max-client-batch-size <count>");
  });

  it("takes a model of the environment", async () => {
    vi.stubEnv("MODEL_ID", "owner/other");
    const program = start("serve", "-p", "0", "--offline");
    expect(await program.exit()).toBe(1);
    expect(program.output()).toContain("`embeddinggemma models download owner/other`");
  });

  it.each([
    { flags: ["--prot", "80"], reason: "Did you mean --port?", code: 2 },
    { flags: ["--model", "./no-such-folder"], reason: "no-such-folder", code: 1 },
    { flags: ["--model", "tiny", "--dtype", "fp31"], reason: "fp31", code: 2 },
  ])("ends with a reason for $flags", async ({ flags, reason, code }) => {
    const program = start("serve", ...flags);
    expect(await program.exit()).toBe(code);
    expect(program.output()).toContain(reason);
    expect(program.output()).not.toContain("CommandExit");
  });
});
