import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endPrograms } from "@embeddinggemma/internal/testing";
import { modelPath } from "@embeddinggemma/tiny-model";
import { afterEach, describe, expect, it } from "vitest";
import { localFlags, startServer as start } from "../testing/program.ts";

afterEach(endPrograms);

const local = localFlags;

describe("embeddinggemma-server", () => {
  it("answers until SIGTERM, and then what it has begun", async () => {
    const program = start([...local, "--json-output"]);
    const url = await program.ready();
    const texts = Array.from({ length: 32 }, (_, index) => `Text ${index} `.repeat(50));
    const answer = embed(url, texts);
    // The request is in work when a later one is answered.
    expect((await fetch(`${url}/info`)).status).toBe(200);
    program.child.kill("SIGTERM");
    expect(await (await answer).json()).toHaveLength(32);
    expect(await program.exit()).toBe(0);
    const logs = program.output().trim().split("\n");
    expect(logs.map((line) => JSON.parse(line) as unknown)).toContainEqual(
      expect.objectContaining({ msg: "POST /embed 200", inputs: 32, status: 200 }),
    );
  });

  it("never logs keys or texts", async () => {
    const program = start([...local, "--log-level", "trace"], { API_KEY: "a-secret" });
    const url = await program.ready();
    expect((await embed(url, "a private text", "wrong-secret")).status).toBe(401);
    expect((await embed(url, "a private text", "a-secret")).status).toBe(200);
    expect((await embed(url, { text: "a private text" }, "a-secret")).status).toBe(422);
    program.child.kill("SIGINT");
    expect(await program.exit()).toBe(0);
    expect(program.output()).toContain("POST /embed 200");
    expect(program.output()).not.toMatch(/secret|private/);
  });

  it.each(["", "--json-output"])("outlives the reader of its log %s", async (flag) => {
    const program = start([...local, ...flag.split(" ").filter(Boolean)]);
    const url = await program.ready();
    program.child.stdout!.destroy();
    for (let round = 0; round < 3; round++) expect((await embed(url, "Mars")).status).toBe(200);
    program.child.kill("SIGTERM");
    expect(await program.exit()).toBe(0);
  });

  it("saves documents in the folder of --store", async () => {
    const store = await mkdtemp(join(tmpdir(), "server-store-"));
    const add = start([...local, "--store", store]);
    const url = await add.ready();
    await post(`${url}/add`, [{ id: "mars", text: "Mars is red." }]);
    await fetch(`${url}/index`);
    add.child.kill("SIGTERM");
    await add.exit();
    const search = start([...local, "--store", store, "--read-only"]);
    const readOnly = await search.ready();
    expect(search.output()).toContain(` store=${store} documents=1 `);
    const hits = await fetch(`${readOnly}/search?query=red`);
    expect(await hits.json()).toMatchObject([{ id: "mars" }]);
    expect((await post(`${readOnly}/add`, [{ id: "a", text: "b" }])).status).toBe(403);
    search.child.kill("SIGTERM");
    await search.exit();
    await rm(store, { recursive: true });
  });

  it("ends with a reason if the port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    const program = start([...local, "--port", String(port)]);
    expect(await program.exit()).toBe(1);
    expect(program.output()).toContain(`Port ${port} is in use. Choose another with --port`);
    expect(program.output()).not.toContain("    at ");
    expect(program.output()).not.toContain("Loading the model");
    other.close();
  });

  it.each([
    { flags: ["--model-id", "./no-such-folder"], reason: "no-such-folder", code: 1 },
    { flags: ["--model-id", modelPath, "--dtype", "fp31"], reason: "fp31", code: 2 },
    {
      flags: [...local, "--store", import.meta.dirname],
      reason: "files that are not of a store",
      code: 1,
    },
  ])("ends with a reason for $flags", async ({ flags, reason, code }) => {
    const program = start(flags);
    expect(await program.exit()).toBe(code);
    expect(program.output()).toContain(reason);
    expect(program.output()).not.toContain("    at ");
  });

  it("ends before it loads a model that lacks the default prompt", async () => {
    const program = start([...local, "--default-prompt-name", "qery"]);
    expect(await program.exit()).toBe(1);
    expect(program.output()).toContain('no prompt named "qery"');
    expect(program.output()).not.toContain("Loading the model");
  });

  it("ends with a reason if the store is damaged", async () => {
    const store = await mkdtemp(join(tmpdir(), "server-store-"));
    await writeFile(join(store, "faiss-store.json"), "{");
    const program = start([...local, "--store", store]);
    expect(await program.exit()).toBe(1);
    expect(program.output()).toContain("faiss-store.json");
    expect(program.output()).not.toContain("    at ");
    await rm(store, { recursive: true });
  });

  it("says what is wrong with flags, with exit code 2", async () => {
    const program = start(["--prot", "80"]);
    expect(await program.exit()).toBe(2);
    expect(program.output()).toContain("(Did you mean --port?)");
  });

  it("ends while it loads", async () => {
    const program = start(local);
    await expect.poll(program.output, { timeout: 10_000 }).toContain("Loading the model");
    program.child.kill("SIGTERM");
    expect(await program.exit()).toBe(0);
  });

  it("prints its flags and its version", async () => {
    const help = start(["--help"]);
    expect(await help.exit()).toBe(0);
    expect(help.output()).toMatch(/^ +--max-client-batch-size <count> +inputs of one/m);
    expect(help.output()).not.toContain("--otlp-endpoint");
    for (const flag of ["--version", "-v", "-V"]) {
      const version = start([flag]);
      expect(await version.exit()).toBe(0);
      expect(version.output()).toMatch(/^\d+\.\d+\.\d+/);
    }
  });
});

function embed(url: string, inputs: unknown, key?: string): Promise<Response> {
  return post(`${url}/embed`, { inputs }, key);
}

function post(url: string, body: unknown, key?: string): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify(body),
  });
}
