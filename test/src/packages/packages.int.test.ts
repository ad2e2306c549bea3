import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { testOnEveryRuntime } from "../runtimes/on-every-runtime.ts";
import type { Application } from "./application.ts";
import { npmWithoutScripts } from "./package-managers.ts";
import { setUpApplications } from "./set-up-applications.ts";

interface Hit {
  id: string;
  score: number;
}

// npm and the compiler can take minutes on a busy machine.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const applications = setUpApplications();

describe("an application with LangChain, the AI SDK, the server and the FAISS addon", () => {
  let application: Application;

  beforeAll(async () => {
    application = applications.create("langchain", npmWithoutScripts);
    await application.install(
      ...["@embeddinggemma/core", "@embeddinggemma/faiss", "@embeddinggemma/langchain"],
      ...[
        "@embeddinggemma/ai-sdk",
        "ai@7.0.173",
        "@embeddinggemma/server",
        "@embeddinggemma/tiny-model",
        "@embeddinggemma/tune",
      ],
      ...["@langchain/core@1.4.0", "faiss-node@0.5.1", "classic-level@3.0.0", "@types/node@20"],
      applications.tarballs.cli, // The registry serves the scope only.
    );
    application.copyAddon();
  });

  it("has Transformers.js 4 and the pinned version of LangChain", () => {
    expect(installedVersion(application, "@huggingface/transformers")).toMatch(/^4\./);
    expect(installedVersion(application, "@langchain/core")).toBe("1.4.0");
  });

  it.each([6, 7] as const)(
    "compiles consumers with strict types, and checks our declarations, with TypeScript %i",
    async (version) => {
      const plain = ["plain", "server", "tiny-model", "tune"];
      await application.compile(["langchain", "ai-sdk"], plain, version);
    },
  );

  it("embeds, stores, searches, trains and serves, as an ES module and CommonJS", async () => {
    const consumers = [
      ...(["langchain", "ai-sdk", "plain", "server", "tiny-model", "tune"] as const),
    ];
    const results = await application.run(...consumers);
    expectRedPlanet(results.langchain, ["jupiter", "mars", "saturn", "venus"]);
    expectRedPlanet(results.plain, ["mars", "saturn"]);
    expect(results["ai-sdk"]).toEqual([
      [256, true],
      [256, true],
    ]);
    expect(results.server).toEqual([
      [true, true],
      [true, true],
    ]);
    const model = application.path("node_modules/@embeddinggemma/tiny-model/model");
    expect(results["tiny-model"]).toEqual([model, model]);
    const trained = [3, true, ["untuned", "embedder"]];
    expect(results.tune).toEqual([trained, trained]);
  });

  it("has a command line that runs without a network", async () => {
    const version = installedVersion(application, "embeddinggemma");
    expect(await application.execute("npx", "embeddinggemma", "--version")).toBe(`${version}\n`);
    const flags = ["similarity", "--model", "tiny", "--json", "a fast car", "a car", "an apple"];
    const compared = JSON.parse(
      await application.runProgram("node_modules/.bin/embeddinggemma", ...flags),
    );
    expect(compared).toMatchObject([{ text: "a car" }, { text: "an apple" }]);
  });

  // Bundlers resolve these URLs, whether they are reached or not, and fail if a file is missing.
  it("has each file that its programs look for beside themselves", () => {
    const missing: string[] = [];
    let found = 0;
    for (const name of ["ai-sdk", "core", "faiss", "langchain", "server", "tiny-model", "tune"]) {
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

  it("serves with the program of the package, and ends at SIGTERM", async () => {
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
    first: "consumer.mjs",
  });

  it("works with the oldest supported LangChain", async () => {
    await application.install("@langchain/core@1.0.0");
    expect(installedVersion(application, "@langchain/core")).toBe("1.0.0");
    await application.compile(["langchain"]);
    const { langchain } = await application.run("langchain");
    expectRedPlanet(langchain, ["jupiter", "mars", "saturn", "venus"]);
  });
});

describe("an application with LlamaIndex and without the FAISS addon", () => {
  let application: Application;

  beforeAll(async () => {
    application = applications.create("llamaindex");
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

  it("compiles, embeds, stores and retrieves, as an ES module and CommonJS", () =>
    useLlamaIndex(application));

  testOnEveryRuntime(() => application, {
    transformers: "3",
    engine: "builtin",
    cache: false,
    server: false,
    first: "consumer.cjs",
  });

  it("works with the oldest supported LlamaIndex, and Transformers.js 4", async () => {
    await application.install("llamaindex@0.11.17", "@huggingface/transformers@4");
    expect(installedVersion(application, "@huggingface/transformers")).toMatch(/^4\./);
    expect(installedVersion(application, "@llamaindex/core")).toBe("0.6.14");
    await useLlamaIndex(application);
  });

  it("could not be installed without a download, if a variable did not skip it", async () => {
    const downloads = process.platform === "linux" && process.arch === "x64";
    const failure = await application.downloadCuda().catch((error: Error) => error.message);
    expect(failure).toEqual(downloads ? expect.stringContaining("127.0.0.1:9") : undefined);
    await application.downloadCuda({ ONNXRUNTIME_NODE_INSTALL_CUDA: "skip" });
  });

  it("says that two copies of LlamaIndex's core are installed", async () => {
    // LlamaIndex 0.10.6 brings 0.6.5, and one of its own dependencies 0.6.2.
    await application.install("@llamaindex/core@0.6.23", "llamaindex@0.10.6");
    const first = application.path("node_modules/@llamaindex/core");
    const second = application.path("node_modules/llamaindex/node_modules/@llamaindex/core");
    const running = application.run("llamaindex");
    await expect(running).rejects.toThrow("Two copies of @llamaindex/core are installed");
    await expect(running).rejects.toThrow(`uses ${first}, but your application uses ${second}.`);
  });

  it("works with the newest LlamaIndex core, without `llamaindex`", async () => {
    await application.uninstall("llamaindex");
    expect(installedVersion(application, "@llamaindex/core")).toBe("0.6.23");
    await application.compile(["llamaindex-core"]);
    const results = await application.run("llamaindex-core");
    expectRedPlanet(results["llamaindex-core"], ["jupiter", "mars", "saturn"]);
  });
});

async function useLlamaIndex(application: Application): Promise<void> {
  await application.compile(["llamaindex"]);
  const { llamaindex } = await application.run("llamaindex");
  expectRedPlanet(llamaindex, ["jupiter", "mars", "saturn", "venus"]);
}

/** Expects exactly these planets, Mars first, sorted by score, in both module systems. */
function expectRedPlanet([asEsModule, inCommonJs]: [unknown, unknown], planets: string[]): void {
  const hits = asEsModule as Hit[];
  const scores = hits.map((hit) => hit.score);
  expect(hits[0]?.id).toBe("mars");
  expect(hits.map((hit) => hit.id).sort()).toEqual(planets);
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  expect(inCommonJs).toEqual(hits);
}

function installedVersion(application: Application, name: string): string {
  const path = application.path("node_modules", name, "package.json");
  return JSON.parse(readFileSync(path, "utf8")).version;
}
