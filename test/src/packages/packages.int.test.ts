import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { testOnEveryRuntime } from "../runtimes/on-every-runtime.ts";
import { Application } from "./application.ts";
import { npmWithoutScripts } from "./package-managers.ts";
import { type Registry, serveRegistry } from "./registry.ts";

interface Hit {
  id: string;
  score: number;
}

// npm and the compiler can take minutes on a busy machine.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

let folder: string;
let registry: Registry;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "packages-")));
  registry = await serveRegistry(folder);
});

afterAll(async () => {
  await registry.close();
  rmSync(folder, { recursive: true });
});

describe("an application with LangChain, the server and the FAISS addon", () => {
  let application: Application;

  beforeAll(async () => {
    application = new Application(join(folder, "langchain"), registry.url, npmWithoutScripts);
    await application.install(
      ...["@embeddinggemma/core", "@embeddinggemma/faiss", "@embeddinggemma/langchain"],
      ...["@embeddinggemma/server", "@embeddinggemma/tiny-model", "@embeddinggemma/tune"],
      ...["@langchain/core@1.4.0", "faiss-node@0.5.1", "classic-level@3.0.0", "@types/node@20"],
    );
    application.copyAddon();
  });

  it("has Transformers.js 4 and the pinned version of LangChain", () => {
    expect(installedVersion(application, "@huggingface/transformers")).toMatch(/^4\./);
    expect(installedVersion(application, "@langchain/core")).toBe("1.4.0");
  });

  it("compiles consumers of LangChain and the server with strict types", async () => {
    // LangChain's own declarations have errors.
    await application.compile(["langchain", "server"], { skipLibCheck: true });
  });

  it("compiles plain consumers with strict types, and checks our declarations", async () => {
    await application.compile(["plain", "tune"], { types: ["node"] });
  });

  it("embeds, stores and searches through LangChain, as an ES module and CommonJS", async () => {
    const hits = (await application.run("langchain.mjs")) as Hit[];
    expectRedPlanet(hits, ["jupiter", "mars", "saturn", "venus"]);
    expect(await application.run("langchain.cjs")).toEqual(hits);
  });

  it("embeds, stores and searches without a framework, as an ES module and CommonJS", async () => {
    const hits = (await application.run("plain.mjs")) as Hit[];
    expectRedPlanet(hits, ["mars", "saturn"]);
    expect(await application.run("plain.cjs")).toEqual(hits);
  });

  // Bundlers resolve these URLs, whether they are reached or not, and fail if a file is missing.
  it("has each file that its programs look for beside themselves", () => {
    const missing: string[] = [];
    let found = 0;
    for (const name of ["core", "faiss", "langchain", "server", "tiny-model", "tune"]) {
      const dist = application.path(`node_modules/@embeddinggemma/${name}/dist`);
      for (const file of readdirSync(dist).filter((entry) => /\.[cm]?js$/.test(entry))) {
        const source = readFileSync(join(dist, file), "utf8");
        for (const [, url] of source.matchAll(/new URL\("(\.{1,2}\/[^"]+)"/g)) {
          found++;
          if (!existsSync(join(dist, url!))) missing.push(`${name}/${file}: ${url}`);
        }
      }
    }
    expect(found).toBeGreaterThan(2);
    expect(missing).toEqual([]);
  });

  it("finds the tiny model's files, as an ES module and CommonJS", async () => {
    await application.compile(["tiny-model"], { types: [] });
    const model = application.path("node_modules/@embeddinggemma/tiny-model/model");
    expect(await application.run("tiny-model.mjs")).toBe(model);
    expect(await application.run("tiny-model.cjs")).toBe(model);
  });

  it("trains an adapter, and loads it again, as an ES module and CommonJS", async () => {
    const expected = [3, true, ["untuned", "embedder"]];
    expect(await application.run("tune.mjs")).toEqual(expected);
    expect(await application.run("tune.cjs")).toEqual(expected);
  });

  it("serves with the program of the package, and ends at SIGTERM", async () => {
    expect(await application.run("server.mjs")).toEqual([true, true]);
    expect(await application.run("server.cjs")).toEqual([true, true]);
    const model = application.path("node_modules/@embeddinggemma/tiny-model/model");
    const program = application.path("node_modules/.bin/embeddinggemma-server");
    const flags = ["--model-id", model, "--hostname", "127.0.0.1", "--port", "0", "--json-output"];
    const server = spawn(program, flags, { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    server.stdout.on("data", (text) => {
      output += text;
    });
    await vi.waitFor(() => expect(output).toMatch(/http:\/\/127\.0\.0\.1:\d+/), 60_000);
    const [url] = output.match(/http:\/\/127\.0\.0\.1:\d+/)!;
    const response = await fetch(`${url}/embed`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ inputs: "Mars is red." }),
    });
    expect(await response.json()).toEqual([expect.any(Array)]);
    server.kill("SIGTERM");
    expect(await once(server, "exit")).toEqual([0, null]);
  });

  testOnEveryRuntime(() => application, {
    transformers: "4",
    engine: "faiss",
    cache: true,
    server: true,
  });

  it("works with the oldest supported LangChain", async () => {
    await application.install("@langchain/core@1.0.0");
    expect(installedVersion(application, "@langchain/core")).toBe("1.0.0");
    await application.compile(["langchain"], { skipLibCheck: true });
    const hits = (await application.run("langchain.mjs")) as Hit[];
    expectRedPlanet(hits, ["jupiter", "mars", "saturn", "venus"]);
    expect(await application.run("langchain.cjs")).toEqual(hits);
  });
});

describe("an application with LlamaIndex and without the FAISS addon", () => {
  let application: Application;

  beforeAll(async () => {
    application = new Application(join(folder, "llamaindex"), registry.url);
    const output = await application.install(
      ...["@embeddinggemma/core", "@embeddinggemma/faiss", "@embeddinggemma/llamaindex"],
      ...["@embeddinggemma/tiny-model", "llamaindex@0.12.1", "@types/node@20"],
    );
    expect(output).not.toMatch(/peer dep|ERESOLVE/i);
  });

  it("has LlamaIndex's version of Transformers.js and the newest `llamaindex`", () => {
    expect(installedVersion(application, "@huggingface/transformers")).toMatch(/^3\./);
    expect(installedVersion(application, "@llamaindex/core")).toBe("0.6.22");
  });

  it("compiles the LlamaIndex consumer with strict types", async () => {
    // LlamaIndex's own declarations have errors.
    await application.compile(["llamaindex"], { skipLibCheck: true });
  });

  it("embeds, stores and retrieves through LlamaIndex, as an ES module and CommonJS", async () => {
    const hits = (await application.run("llamaindex.mjs")) as Hit[];
    expectRedPlanet(hits, ["jupiter", "mars", "saturn", "venus"]);
    expect(await application.run("llamaindex.cjs")).toEqual(hits);
  });

  testOnEveryRuntime(() => application, {
    transformers: "3",
    engine: "builtin",
    cache: false,
    server: false,
  });

  it("works with the newest LlamaIndex core, without `llamaindex`", async () => {
    await application.uninstall("llamaindex");
    await application.install("@llamaindex/core@0.6.23");
    expect(installedVersion(application, "@llamaindex/core")).toBe("0.6.23");
    await application.compile(["llamaindex-core"], { skipLibCheck: true });
    const hits = (await application.run("llamaindex-core.mjs")) as Hit[];
    expectRedPlanet(hits, ["jupiter", "mars", "saturn"]);
    expect(await application.run("llamaindex-core.cjs")).toEqual(hits);
  });

  it("says that two copies of LlamaIndex's core are installed", async () => {
    // LlamaIndex 0.10.6 brings 0.6.5, and one of its own dependencies 0.6.2.
    await application.install("@llamaindex/core@0.6.23", "llamaindex@0.10.6");
    const first = application.path("node_modules/@llamaindex/core");
    const second = application.path("node_modules/llamaindex/node_modules/@llamaindex/core");
    const running = application.run("llamaindex.mjs");
    await expect(running).rejects.toThrow("Two copies of @llamaindex/core are installed");
    await expect(running).rejects.toThrow(`uses ${first}, but your application uses ${second}.`);
  });
});

describe("an application with Transformers.js 4 and the oldest supported LlamaIndex", () => {
  let application: Application;

  it("installs, compiles, embeds, stores and retrieves", async () => {
    application = new Application(join(folder, "oldest-llamaindex"), registry.url);
    await application.install("@huggingface/transformers@4", "llamaindex@0.11.17");
    await application.install(
      ...["@embeddinggemma/core", "@embeddinggemma/faiss", "@embeddinggemma/llamaindex"],
      ...["@embeddinggemma/tiny-model", "@types/node@20"],
    );
    expect(installedVersion(application, "@huggingface/transformers")).toMatch(/^4\./);
    expect(installedVersion(application, "@llamaindex/core")).toBe("0.6.14");
    await application.compile(["llamaindex"], { skipLibCheck: true });
    const hits = (await application.run("llamaindex.mjs")) as Hit[];
    expectRedPlanet(hits, ["jupiter", "mars", "saturn", "venus"]);
    expect(await application.run("llamaindex.cjs")).toEqual(hits);
  });

  it("could not be installed without a download, if a variable did not skip it", async () => {
    const downloads = process.platform === "linux" && process.arch === "x64";
    const failure = await application.downloadCuda().catch((error: Error) => error.message);
    expect(failure).toEqual(downloads ? expect.stringContaining("127.0.0.1:9") : undefined);
    await application.downloadCuda({ ONNXRUNTIME_NODE_INSTALL_CUDA: "skip" });
  });
});

/** Expects exactly these planets, Mars first, sorted by score. */
function expectRedPlanet(hits: Hit[], planets: string[]): void {
  const scores = hits.map((hit) => hit.score);
  expect(hits[0]?.id).toBe("mars");
  expect(hits.map((hit) => hit.id).sort()).toEqual(planets);
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
}

function installedVersion(application: Application, name: string): string {
  const path = application.path("node_modules", name, "package.json");
  return JSON.parse(readFileSync(path, "utf8")).version;
}
