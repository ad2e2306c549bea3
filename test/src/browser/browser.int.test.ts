import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Adapter, Embedder } from "@embeddinggemma/core";
import { serve } from "@embeddinggemma/server";
import type { Browser, Page as BrowserPage, ConsoleMessage } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { moveWeightsOut } from "../../../packages/core/test-support/external-data.ts";
import { quantizeGraph } from "../../../packages/core/test-support/quantized-graph.ts";
import { decodeVector, expandText, readGolden } from "../golden/golden.ts";
import { PageSources } from "./bundle.ts";
import { launchChromium, otherHost } from "./chromium.ts";
import type { Page } from "./page.ts";
import { PageServer } from "./page-server.ts";

declare const page: Page;

const fixtures = fileURLToPath(new URL("../../fixtures", import.meta.url));
const fixture = join(fixtures, "embeddinggemma");
const guide = readFileSync(join(fixtures, "../../docs/embed/browsers.md"), "utf8");
const golden = readGolden("embeddinggemma");
/** Short cases with all calls, prompt names, titles and kinds of text. */
const cases = golden.cases
  .filter(({ tokens, prompt }) => tokens < 60 && prompt === undefined)
  .filter((_, index) => index % 4 === 0);

let sources: PageSources;
let browser: Browser;

beforeAll(async () => {
  sources = new PageSources();
  browser = await launchChromium();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  sources?.remove();
});

describe.each([
  ["3", "@huggingface/transformers"],
  ["4", "transformers-v4"],
])("the packed core, bundled with Vite and Transformers.js %s", (major, transformers) => {
  let bundle: string;
  let models: string;
  let server: PageServer;
  let origin: string;
  let tab: BrowserPage;
  const elsewhere: string[] = [];
  /** Other origins that the page may ask. */
  const servers = new Set<string>();

  beforeAll(async () => {
    const { folder, warnings } = await sources.bundle(transformers);
    expect(warnings).toEqual([]);
    bundle = folder;
    models = join(sources.folder, `models-${major}`);
    cpSync(fixture, join(models, "gemma"), { recursive: true });
    for (const copy of ["bert", "hub/owner/bert/resolve/main"]) {
      cpSync(join(fixtures, "bert-mean"), join(models, copy), { recursive: true });
    }
    for (const graph of ["static", "outside", "dynamic-linear", "half", "gather-quantized"]) {
      const folder = join(models, graph);
      cpSync(join(fixtures, "bert-mean"), folder, { recursive: true });
      cpSync(join(fixtures, `graphs/${graph}.onnx`), join(folder, "onnx/model.onnx"));
      cpSync(join(fixtures, "graphs/outside"), join(folder, "onnx/outside"), { recursive: true });
    }
    server = new PageServer({
      "/": bundle,
      "/models/": models,
      "/onnxruntime/": runtimeFolder(transformers),
    });
    origin = await server.listen();
    const context = await browser.newContext();
    await context.route(
      (url) => url.origin !== origin && !servers.has(url.origin),
      (route) => {
        elsewhere.push(route.request().url());
        return route.abort();
      },
    );
    tab = await context.newPage();
    tab.on("pageerror", (error) => elsewhere.push(String(error)));
    await tab.goto(origin);
    await tab.waitForFunction(() => "page" in globalThis);
  }, 120_000);

  afterAll(async () => {
    await tab?.context().close();
    await server?.close();
  });

  test("imports nothing from Node", () => {
    const scripts = readdirSync(join(bundle, "assets")).filter((file) => file.endsWith(".js"));
    expect(scripts.length).toBeGreaterThan(0);
    for (const script of scripts) {
      expect(readFileSync(join(bundle, "assets", script), "utf8")).not.toMatch(
        /(from|import\()\s*["'`]node:/,
      );
    }
  });

  test("connects to a server of another origin, with a key", async () => {
    await using embedder = await Embedder.load(fixture, { dtype: "fp32" });
    await using served = await serve(embedder, {
      hostname: "127.0.0.1",
      port: 0,
      corsAllowOrigin: origin,
      apiKey: "secret",
    });
    servers.add(new URL(served.url).origin);
    const given = await tab.evaluate(async (url) => {
      const remote = await page.Embedder.connect(url, { apiKey: "secret" });
      const vector = Array.from(await remote.encodeQuery("Mars is red."));
      const { headers } = await fetch(`${url}/embed`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: "Bearer secret" },
        body: JSON.stringify({ inputs: "Mars is red." }),
      });
      return { vector, identity: remote.identity, header: headers.get("x-model-identity") };
    }, served.url);
    expect(given.identity).toBe(embedder.identity);
    expect(given.header).toEqual(expect.any(String));
    const expected = await embedder.encodeQuery("Mars is red.");
    expect(
      Math.max(...expected.map((value, at) => Math.abs(value - given.vector[at]!))),
    ).toBeLessThan(1e-6);
  });

  test("has that major version of Transformers.js", async () => {
    expect(await tab.evaluate(() => page.env.version.split(".")[0])).toBe(major);
  });

  test("makes the vectors of Sentence Transformers, reports progress, changes no settings", {
    timeout: 60_000,
  }, async () => {
    const calls = cases.map(({ text, title, call, promptName }) => ({
      call: title === undefined ? call : ("encodeDocument" as const),
      input:
        title === undefined
          ? expandText(golden.texts[text]!)
          : { title, text: expandText(golden.texts[text]!) },
      options: { normalize: false, ...(promptName !== undefined && { promptName }) },
    }));
    const result = await tab.evaluate(async (calls) => {
      // ONNX Runtime changes `backends` when it starts.
      const settings = () => JSON.stringify({ ...page.env, backends: undefined });
      const before = settings();
      const files: Record<string, { loaded: number; total: number | null }> = {};
      const embedder = await page.Embedder.load("/models/gemma/", {
        dtype: "fp32",
        onDownloadProgress: ({ file, ...bytes }) => {
          files[file] = bytes;
        },
      });
      const vectors: number[][] = [];
      for (const { call, input, options } of calls) {
        vectors.push(Array.from(await embedder[call](input as string, options)));
      }
      const { dimension, prompts, identity } = embedder;
      await embedder.dispose();
      return { vectors, files, dimension, prompts, identity, changed: settings() !== before };
    }, calls);

    expect(result).toMatchObject({
      dimension: golden.dimension,
      prompts: golden.prompts,
      changed: false,
    });
    expect(cases.length).toBeGreaterThan(10);
    cases.forEach(({ vector }, index) => {
      const expected = decodeVector(vector);
      const actual = result.vectors[index]!;
      expect(actual).toHaveLength(expected.length);
      expect(Math.max(...expected.map((value, at) => Math.abs(value - actual[at]!)))).toBeLessThan(
        1e-5,
      );
    });
    const size = readFileSync(join(fixture, "onnx/model.onnx")).length;
    expect(result.files["onnx/model.onnx"]).toEqual({ loaded: size, total: size });
    const inNode = await Embedder.load(fixture, { dtype: "fp32" });
    expect(result.identity).toBe(inNode.identity);
    await inNode.dispose();
  });

  test("loads again from the browser's cache, except files that changed on the server", {
    timeout: 60_000,
  }, async () => {
    const load = () =>
      tab.evaluate(async () => {
        const embedder = await page.Embedder.load(new URL("/models/bert", location.href).href, {
          dtype: "fp32",
        });
        const { prompts, identity } = embedder;
        await embedder.dispose();
        return { prompts, identity };
      });
    const first = await load();
    server.requests.length = 0;
    expect(await load()).toEqual(first);
    const downloads = server.requests.filter((request) => /^GET .*(onnx|tokenizer)/.test(request));
    expect(downloads).toEqual([]);

    const file = join(models, "bert/config_sentence_transformers.json");
    writeFileSync(file, JSON.stringify({ prompts: { query: "new: " } }));
    expect((await load()).prompts).toEqual({ query: "new: ", document: "" });
  });

  test("replaces a damaged file in the cache", async () => {
    const vector = await tab.evaluate(async () => {
      const url = new URL("/models/bert/onnx/model.onnx", location.href).href;
      const cache = await caches.open("transformers-cache");
      const { headers } = (await cache.match(url))!;
      await cache.put(url, new Response("truncated", { headers }));
      const embedder = await page.Embedder.load("./models/bert", { dtype: "fp32" });
      const embedding = await embedder.encode("a");
      await embedder.dispose();
      return Array.from(embedding);
    });
    expect(vector).toHaveLength(readGolden("bert-mean").dimension);
  });

  test("applies an adapter from a URL", async () => {
    await using inNode = await Embedder.load(join(models, "bert"), { dtype: "fp32" });
    const { model, modelIdentity: identity, dimension } = inNode;
    const a = Float32Array.from({ length: dimension }, (_, index) => Math.sin(index));
    const parts = { sides: "both", dimension, weights: { a, b: a.toReversed() } } as const;
    const adapter = Adapter.from({ ...parts, base: { model, identity } });
    mkdirSync(join(models, "adapter"), { recursive: true });
    for (const [name, bytes] of Object.entries(adapter.files()))
      writeFileSync(join(models, "adapter", name), bytes);
    const loaded = await tab.evaluate(async () => {
      const options = { dtype: "fp32", adapter: "/models/adapter/" } as const;
      const embedder = await page.Embedder.load("/models/bert/", options);
      const vector = Array.from(await embedder.encodeQuery("red planet"));
      await embedder.dispose();
      const noAdapter = { dtype: "fp32", adapter: "/models/bert/" } as const;
      const error = await page.Embedder.load("/models/bert/", noAdapter).catch((error) => error);
      return { vector, identity: embedder.identity, code: error.code, message: error.message };
    });
    const tuned = inNode.withAdapter(adapter);
    const expected = await tuned.encodeQuery("red planet");
    expect(loaded.vector.length).toBe(dimension);
    for (const [index, value] of loaded.vector.entries())
      expect(value).toBeCloseTo(expected[index]!, 4);
    expect(loaded.identity).toBe(tuned.identity);
    expect(loaded).toMatchObject({
      code: "ADAPTER_INVALID",
      message: expect.stringContaining("has no adapter.json"),
    });
    await tuned.dispose();
  });

  test("finds weights under any name, which count for the identity", async () => {
    const load = (name: string) =>
      tab.evaluate(async (name) => {
        const embedder = await page.Embedder.load(`/models/${name}/`, { dtype: "fp32" });
        const vector = Array.from(await embedder.encode("red"));
        const { identity, batchInvariant } = embedder;
        await embedder.dispose();
        return { vector, identity, batchInvariant };
      }, name);
    const whole = await load("static");
    const outside = await load("outside");
    expect(outside.vector).toEqual(whole.vector);
    expect(server.requests).toContain("GET /models/outside/onnx/outside/weights 100%.bin");
    await using inNode = await Embedder.load(join(models, "outside"), { dtype: "fp32" });
    expect(outside.identity).toBe(inNode.identity);
    expect(outside.batchInvariant).toBe(true);

    const weights = join(models, "outside/onnx/outside/weights 100%.bin");
    writeFileSync(
      weights,
      readFileSync(weights).map((byte, index) => byte ^ (index % 3)),
    );
    const changed = await load("outside");
    expect(changed.identity).not.toBe(outside.identity);
    expect(changed.vector).not.toEqual(outside.vector);
  });

  // The next test has both versions load files from memory.
  if (major === "4")
    test("keeps in memory what a private window refuses to store", {
      timeout: 120_000,
    }, async () => {
      const folder = join(models, "large");
      cpSync(join(models, "static"), folder, { recursive: true });
      cpSync(join(fixtures, "graphs/outside.onnx"), join(folder, "onnx/model.onnx"));
      cpSync(join(fixtures, "graphs/outside"), join(folder, "onnx/outside"), { recursive: true });
      truncateSync(join(folder, "onnx/outside/weights 100%.bin"), 2 ** 28 + 1); // with zeros
      server.requests.length = 0;
      const other = await openPage(origin);
      const { vectors, stored } = await other.evaluate(async () => {
        const load = async (model: string) => {
          const embedder = await page.Embedder.load(model);
          const vector = Array.from(await embedder.encode("red planet"));
          await embedder.dispose();
          return vector;
        };
        const vectors = [await load("/models/large/"), await load("/models/large/")];
        const files = await (await caches.open("transformers-cache")).keys();
        vectors.push(await load("/models/static/"));
        return { vectors, stored: files.map(({ url }) => url) };
      });
      await other.context().close();
      rmSync(folder, { recursive: true });
      expect(vectors).toEqual([vectors[2], vectors[2], vectors[2]]);
      const weights = "GET /models/large/onnx/outside/weights 100%.bin";
      // Once for the storage, and once for the memory, where the second load finds it.
      expect(server.requests.filter((request) => request === weights)).toHaveLength(2);
      expect(stored).toContain(`${origin}/models/large/onnx/model.onnx`);
      expect(stored).not.toContainEqual(expect.stringMatching(/large.*weights.*\.bin$/));
    });

  test("keeps files in memory on a page without https, which has no Cache Storage", {
    timeout: 60_000,
  }, async () => {
    const plain = await openPage(origin.replace("127.0.0.1", otherHost));
    const load = async () => {
      const embedder = await page.Embedder.load("/models/static/");
      const vector = Array.from(await embedder.encode("red planet"));
      await embedder.dispose();
      return { vector, hasStorage: "caches" in globalThis };
    };
    const { vector } = await tab.evaluate(load);
    expect(await plain.evaluate(load)).toEqual({ vector, hasStorage: false });
    await plain.context().close();
  });

  test("loads an ONNX file with another name in another place, and its weights", async () => {
    const folder = join(models, "elsewhere");
    cpSync(join(models, "static"), folder, { recursive: true });
    cpSync(join(fixtures, "graphs/outside.onnx"), join(folder, "my_q4.onnx"));
    cpSync(join(fixtures, "graphs/outside"), join(folder, "outside"), { recursive: true });
    const options = { modelFile: "my_q4", subfolder: "" };
    const [whole, named] = await tab.evaluate(async (options) => {
      const load = async (options: object) => {
        const embedder = await page.Embedder.load("/models/elsewhere/", options);
        const vector = Array.from(await embedder.encode("red planet"));
        await embedder.dispose();
        return { vector, identity: embedder.identity };
      };
      return [await load({ dtype: "fp32" }), await load(options)] as const;
    }, options);
    expect(named.vector).toEqual(whole.vector);
    expect(server.requests).toContain("GET /models/elsewhere/outside/weights 100%.bin");
    await using inNode = await Embedder.load(folder, options);
    expect(named.identity).toBe(inNode.identity);
  });

  test("looks up rows of a table in 8 bits, with a graph that the next page load uses", {
    timeout: 120_000,
  }, async () => {
    const folder = join(models, "quantized");
    const graph = join(folder, "onnx/model_quantized.onnx");
    cpSync(fixture, folder, { recursive: true });
    await quantizeGraph(join(fixture, "onnx/model.onnx"), graph, { perChannel: true });
    await moveWeightsOut(graph, ["weights.bin"]);
    const load = async () => {
      await tab.reload();
      await tab.waitForFunction(() => "page" in globalThis);
      server.requests.length = 0;
      const loaded = await tab.evaluate(async () => {
        const embedder = await page.Embedder.load("/models/quantized/");
        const vector = Array.from(await embedder.encode("the red planet"));
        const { dtype } = embedder;
        await embedder.dispose();
        const cache = await caches.open("transformers-cache");
        const urls = (await cache.keys()).map(({ url }) => url);
        const kept = urls.filter((url) => /quantized\/.*\.v\d+\./.test(url)).sort();
        return { dtype, vector, kept };
      });
      const rewriting = server.requests.filter((request) => /rewrite-look-ups/.test(request));
      return { ...loaded, rewritten: rewriting.length > 0 };
    };
    const first = await load();
    await using inNode = await Embedder.load(folder, { dtype: "q8" });
    const expected = Array.from(await inNode.encode("the red planet"));
    expect(first).toMatchObject({ dtype: "q8", rewritten: true });
    expect(largestDifference(first.vector, expected)).toBeLessThan(1e-5);
    expect(first.kept.map((url) => url.replace(/[0-9a-f]{32}/, "<digest>"))).toEqual([
      `${origin}/models/quantized/onnx/model_quantized.<digest>.v1.onnx`,
      `${origin}/models/quantized/tokenizer.<digest>.v1.bin`,
    ]);
    expect(await load()).toEqual({ ...first, rewritten: false });

    const keepOther = (file: string, isIntact: boolean) =>
      tab.evaluate(
        async ([url, file, isIntact]) => {
          const cache = await caches.open("transformers-cache");
          const bytes = new Uint8Array(await (await fetch(file)).arrayBuffer());
          const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
          const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
          const headers = { "x-sha256": hex };
          await cache.put(url, new Response(bytes.subarray(isIntact ? 0 : 9), { headers }));
        },
        [first.kept.find((url) => url.endsWith(".onnx"))!, file, isIntact] as const,
      );
    // This shows that the graph in the cache is what runs.
    await keepOther("/models/gemma/onnx/model.onnx", true);
    await using unquantized = await Embedder.load(fixture, { dtype: "fp32" });
    const { vector } = await load();
    const inFp32 = Array.from(await unquantized.encode("the red planet"));
    expect(largestDifference(vector, inFp32)).toBeLessThan(1e-5);
    expect(largestDifference(inFp32, expected)).toBeGreaterThan(1e-4);

    await keepOther("/models/gemma/onnx/model.onnx", false);
    expect(await load()).toEqual(first);
  });

  test("computes in fp32 with fp16 weights", async () => {
    const load = () =>
      tab.evaluate(async () => {
        const embedder = await page.Embedder.load("/models/half/", { dtype: "fp32" });
        const vector = Array.from(await embedder.encode("planet an 4"));
        await embedder.dispose();
        return vector;
      });
    // In fp16, these vectors would not be finite.
    const vector = await load();
    await using inNode = await Embedder.load(join(models, "half"), { dtype: "fp32" });
    if (!process.arch.startsWith("arm"))
      expect(
        inNode.similarity(Float32Array.from(vector), await inNode.encode("planet an 4"))[0]![0],
      ).toBeGreaterThan(0.99999);
    expect(vector.every(Number.isFinite)).toBe(true);
  });

  test("refuses a graph that its runtime cannot run, before its weights are loaded", async () => {
    const outcome = await tab.evaluate(async () => {
      try {
        const embedder = await page.Embedder.load("/models/gather-quantized/", { dtype: "fp32" });
        const vector = Array.from(await embedder.encode("red planet"));
        await embedder.dispose();
        return { vector };
      } catch (error) {
        const { code, message } = error as { code: string; message: string };
        return { code, message };
      }
    });
    const weights = "GET /models/gather-quantized/onnx/outside/table.bin";
    if (major === "3") {
      await using inNode = await Embedder.load(join(models, "gather-quantized"), { dtype: "fp32" });
      const expected = Array.from(await inNode.encode("red planet"));
      expect(outcome.vector).toHaveLength(expected.length);
      for (const [index, number] of outcome.vector!.entries())
        expect(number).toBeCloseTo(expected[index]!, 5);
    } else {
      expect(outcome).toMatchObject({
        code: "UNSUPPORTED_DTYPE",
        message: expect.stringMatching(/GatherBlockQuantized, .* Use dtype "q8"\./),
      });
    }
    expect(server.requests.includes(weights)).toBe(major === "3");
  });

  test("finds that vectors depend on their batch", async () => {
    const warnings: string[] = [];
    const remember = (message: ConsoleMessage) => {
      if (message.type() === "warning") warnings.push(message.text());
    };
    tab.on("console", remember);
    const batchInvariant = await tab.evaluate(async () => {
      const embedder = await page.Embedder.load("/models/dynamic-linear/", { dtype: "fp32" });
      await embedder.dispose();
      return embedder.batchInvariant;
    });
    tab.off("console", remember);
    expect(batchInvariant).toBe(false);
    expect(warnings.filter((text) => text.includes("batchSize: 1"))).toHaveLength(1);
  });

  test("loads a repository of the Hub, and from the cache when offline", async () => {
    const loaded = await tab.evaluate(async () => {
      const options = {
        dtype: "fp32",
        endpoint: new URL("/models/hub", location.href).href,
      } as const;
      const first = await page.Embedder.load("owner/bert", options);
      await first.dispose();
      const second = await page.Embedder.load("owner/bert", { ...options, localFilesOnly: true });
      await second.dispose();
      return [first.model, second.model];
    });
    expect(loaded).toEqual(["owner/bert", "owner/bert"]);
    expect(server.requests).toContain("GET /models/hub/owner/bert/resolve/main/onnx/model.onnx");
  });

  test("embeds after an inference that failed", async () => {
    const folder = join(models, "too-long");
    cpSync(join(models, "bert"), folder, { recursive: true });
    const settings = { max_seq_length: 1000 }; // The model has 512 positions.
    writeFileSync(join(folder, "sentence_bert_config.json"), JSON.stringify(settings));
    const outcomes = await tab.evaluate(async () => {
      const embedder = await page.Embedder.load("/models/too-long/", { dtype: "fp32" });
      const failure = await embedder.encode("a ".repeat(600)).catch((error) => error.code);
      const { length } = await embedder.encode("a");
      await embedder.dispose();
      return [failure, length];
    });
    expect(outcomes).toEqual(["INFERENCE_FAILED", readGolden("bert-mean").dimension]);
  });

  test("takes WebAssembly without a GPU, as the guide says", async () => {
    const load = (isThere: boolean) =>
      tab.evaluate(async (isThere) => {
        if (!isThere)
          Object.defineProperty(navigator, "gpu", { value: undefined, configurable: true });
        const options = { dtype: "fp32", device: "webgpu" } as const;
        const error = await page.Embedder.load("/models/bert/", options).catch((error) => error);
        return `${error.code}: ${error.message}`;
      }, isThere);
    server.requests.length = 0;
    expect(await load(true)).toMatch(/^LOAD_FAILED: .* no GPU for it\. Leave out `device`/);
    expect(await load(false)).toMatch(/^LOAD_FAILED: .* needs `https` or `localhost`\. Leave/);
    expect(server.requests).toEqual([]);
    const [, code] = /```js\n(async function load\(\) \{\s+const adapter .*?)```/s.exec(guide)!;
    const length = await tab.evaluate(async (code) => {
      const given = code
        .replace("/models/tiny/", "/models/bert/")
        .replace("}", ', dtype: "fp32" }');
      const run = new Function("Embedder", `${given}; return loading;`);
      const embedder = await run(page.Embedder);
      const vector = await embedder.encode("red planet");
      await embedder.dispose();
      return vector.length;
    }, code!);
    expect(length).toBe(readGolden("bert-mean").dimension);
  });

  test.for([
    ["a name without a model", "gemma", {}, "MODEL_NOT_FOUND"],
    ["a missing folder", "/models/nothing/", {}, "MODEL_FILE_MISSING"],
    ["a missing dtype", "/models/bert/", { dtype: "q4" }, "MODEL_FILE_MISSING"],
    [
      "a model that is not in the cache",
      "/models/hub/",
      { localFilesOnly: true },
      "MODEL_FILE_MISSING",
    ],
    ["a server that cannot be reached", "http://127.0.0.1:9/gemma/", {}, "DOWNLOAD_FAILED"],
    ["a worker process", "/models/bert/", { dtype: "fp32", worker: true }, "INVALID_ARGUMENT"],
    ["worker processes", "/models/bert/", { dtype: "fp32", workers: 2 }, "INVALID_ARGUMENT"],
    ["a device of Node", "/models/bert/", { dtype: "fp32", device: "cpu" }, "LOAD_FAILED"],
  ] as const)("explains %s", async ([, model, options, code]) => {
    const error = await tab.evaluate(
      async ([model, options]) => {
        const error = await page.Embedder.load(model, options as object).catch(
          (error: unknown) => error,
        );
        return page.EmbeddingGemmaError.isInstance(error)
          ? { code: error.code, message: error.message }
          : String(error);
      },
      [model, options] as const,
    );
    expect(error).toMatchObject({ code });
  });

  test("says that a server answers with a web page, as applications do", async () => {
    const index = { contentType: "text/html", body: "<!doctype html><title>App</title>" };
    const config = { json: { model_type: "bert", hidden_size: 8 } };
    await tab.route("**/app/**", (route) => route.fulfill(index));
    await tab.route("**/app/half/config.json", (route) => route.fulfill(config));
    const [nothing, half] = await tab.evaluate(() =>
      Promise.all(
        ["/app/model/", "/app/half/"].map((model) =>
          page.Embedder.load(model, { dtype: "fp32" }).catch(
            ({ code, message }) => `${code}: ${message}`,
          ),
        ),
      ),
    );
    await tab.unroute("**/app/**");
    await tab.unroute("**/app/half/config.json");
    const answer = (file: string) =>
      `The server answered ${origin}/app/${file} with a web page: the file is not there.`;
    expect(nothing).toMatch(/^MODEL_FILE_MISSING.* has no config\.json/);
    expect(nothing).toContain(answer("model/config.json"));
    expect(half).toMatch(/^MODEL_NOT_DESCRIBED.* has no modules\.json/);
    expect(half).toContain(answer("half/modules.json"));
  });

  test("warns that the prompts are missing if a web page is in place of their file", async () => {
    const file = "no-prompts/config_sentence_transformers.json";
    cpSync(fixture, join(models, "no-prompts"), { recursive: true });
    await tab.route(`**/${file}`, (route) => route.fulfill({ body: "<!doctype html>" }));
    const warning = tab.waitForEvent("console", {
      predicate: (message) => message.text().includes("without prompts"),
    });
    const prompts = await tab.evaluate(async () => {
      const embedder = await page.Embedder.load("/models/no-prompts/", { dtype: "fp32" });
      await embedder.dispose();
      return embedder.prompts;
    });
    expect(prompts).toEqual({ query: "", document: "" });
    expect((await warning).text()).toContain(
      `The server answered ${origin}/models/${file} with a web page: the file is not there.`,
    );
  });

  test("loads from a host that answers 403 for what is not there, and says so", async () => {
    const refused = { status: 403, contentType: "application/xml", body: "<Error/>" };
    await tab.route("**/models/**", (route) => {
      const { pathname } = new URL(route.request().url());
      return existsSync(join(models, pathname.slice("/models/".length)))
        ? route.continue()
        : route.fulfill(refused);
    });
    const [dtype, ...messages] = await tab.evaluate(async () => {
      const load = (model: string, options = {}) =>
        page.Embedder.load(model, options).then(
          async (embedder) => {
            await embedder.dispose();
            return embedder.dtype as string;
          },
          ({ code, message }) => `${code}: ${message}`,
        );
      return [
        await load("/models/static/"),
        await load("/models/static/", { dtype: "q8" }),
        await load("./models/none/"),
      ];
    });
    await tab.unroute("**/models/**");
    expect(dtype).toBe("fp32");
    const answer = (file: string) =>
      `The server answered ${origin}/models/${file} with 403 Forbidden: the file is not there, ` +
      "or may not be read.";
    expect(messages[0]).toContain(` ${answer("static/onnx/model_quantized.onnx")}`);
    expect(messages[1]).toBe(
      'MODEL_FILE_MISSING: "./models/none/" has no config.json, so it is not a model folder or ' +
        `repository that Transformers.js can load. ${answer("none/config.json")} It has sent no ` +
        "file of this folder: check the URL, and that this page may read the files.",
    );
  });

  test("says that a model is not in the cache", async () => {
    const message = await tab.evaluate(() =>
      page.Embedder.load("/models/hub/", { localFilesOnly: true }).catch(({ message }) => message),
    );
    expect(message).toBe(
      `config.json of "/models/hub/" is not in the cache (${origin}/models/hub), and downloads ` +
        "are not possible: `localFilesOnly` is set. Load the model once without it, with the " +
        "same other options.",
    );
  });

  test("says which file of the runtime the server does not have", async () => {
    const other = await tab.context().newPage();
    await other.route("**/onnxruntime/**", (route) => route.fulfill({ status: 404 }));
    await other.goto(origin);
    await other.waitForFunction(() => "page" in globalThis);
    const message = await other.evaluate(() =>
      page.Embedder.load("/models/bert/", { dtype: "fp32" }).catch(({ message }) => message),
    );
    await other.close();
    expect(message).toMatch(
      /not be fetched from http:\S+\/onnxruntime\/ort-wasm\S+\. Check that the file is there/,
    );
  });

  test("says what helps after the runtime has failed on a GPU", async () => {
    const messages = await tab.evaluate(async () => {
      const gpu = { requestAdapter: async () => ({}) }; // It cannot compute.
      Object.defineProperty(navigator, "gpu", { value: gpu });
      const load = (device: string) =>
        page.Embedder.load("/models/bert/", { dtype: "fp32", device }).then(
          async (embedder) => embedder.dispose(),
          ({ message }) => message as string,
        );
      return [await load("webgpu"), await load("wasm")];
    });
    expect(messages[0]).toMatch(/ \S.*\. Leave out `device` .* in a new Web Worker: /s);
    expect(messages[0]).not.toContain("an earlier load");
    // Transformers.js 3 forgets the failure if a model was loaded before.
    if (major === "3") expect(messages[1]).toBe(undefined);
    else expect(messages[1]).toMatch(/\. This is the error of an earlier load: .* Reload the page/);
  });

  test("requests only its own server, and leaves no error unhandled", () => {
    expect(elsewhere.filter((url) => !url.startsWith("http://127.0.0.1:9/"))).toEqual([]);
  });
});

/** In a private window. */
async function openPage(url: string): Promise<BrowserPage> {
  const opened = await (await browser.newContext()).newPage();
  await opened.goto(url);
  await opened.waitForFunction(() => "page" in globalThis);
  return opened;
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  expect(a).toHaveLength(b.length);
  return Math.max(...a.map((number, index) => Math.abs(number - b[index]!)));
}

/** The folder with the WebAssembly files that this version of Transformers.js loads. */
function runtimeFolder(transformers: string): string {
  const resolve = createRequire(createRequire(import.meta.url).resolve(transformers)).resolve;
  return dirname(resolve("onnxruntime-web"));
}
