import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { EmbeddingServer } from "../test-support/embedding-server.ts";
import { testEmbedder } from "../test-support/test-embedder.ts";
import { defaultModel, LazyEmbedder, type LazyEmbedderOptions } from "./lazy-embedder.ts";

const embedder = testEmbedder();

/** The number of tokens of a text without special tokens, and its first character. */
function readVector([count, _sum, first]: Float32Array): [number, string] {
  return [count! - 2, String.fromCodePoint(first! - 10)];
}

describe("LazyEmbedder", () => {
  test("uses the model's prompts, or those of the configuration", async () => {
    const plain = new LazyEmbedder({ embedder });
    expect(readVector(await plain.encodeQuery("abc"))).toEqual([5, "q"]);
    const documents = await plain.encodeDocument(["abc", { title: "t", text: "" }]);
    expect(documents.map(readVector)).toEqual([
      ["title: none | text: abc".length, "t"],
      ["title: t | text: ".length, "t"],
    ]);
    const other = new LazyEmbedder({
      embedder,
      queryPrompt: { promptName: "STS" },
      documentPrompt: { prompt: "" },
    });
    expect(readVector(await other.encodeQuery("abc"))).toEqual([5, "s"]);
    expect((await other.encodeDocument(["abc"])).map(readVector)).toEqual([[3, "a"]]);
  });

  test("stops its calls at its signal, and a call also at its own", async () => {
    for (const isOwn of [true, false]) {
      const configured = new AbortController();
      const ofCall = new AbortController();
      const lazy = new LazyEmbedder({ embedder, batchSize: 1, signal: configured.signal });
      const reason = new Error("enough");
      let embedded = 0;
      const onProgress = ({ done }: { done: number }) => {
        embedded = done;
        (isOwn ? ofCall : configured).abort(reason);
      };
      const options = { onProgress, signal: ofCall.signal };
      await expect(lazy.encodeDocument(["a", "b", "c"], options)).rejects.toBe(reason);
      expect(embedded).toBe(1);
      if (isOwn) expect(await lazy.encodeQuery("a")).toHaveLength(4);
      else await expect(lazy.encodeQuery("a")).rejects.toBe(reason);
    }
  });

  test("checks a call before the load, and ends it at its signal during the load", async () => {
    const ofCall = new AbortController();
    const ofLoad = new AbortController();
    const reason = new Error("enough");
    let requests = 0;
    const silent = createServer(() => {
      requests++;
      ofCall.abort(reason);
    }).listen(0);
    await once(silent, "listening");
    const lazy = new LazyEmbedder({
      model: "someone/slow",
      endpoint: `http://localhost:${(silent.address() as AddressInfo).port}`,
      cacheDir: "cache-that-stays-empty",
      signal: ofLoad.signal,
    });
    const misspelt = lazy.encodeQuery("a", { truncate_dim: 2 } as object);
    await expect(misspelt).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(requests).toBe(0);
    const { signal } = ofCall;
    await expect(lazy.encodeDocument(["a"], { signal })).rejects.toBe(reason);
    expect(requests).toBe(1);
    ofLoad.abort();
    silent.closeAllConnections();
    silent.close();
  });

  test("applies its configuration to a given embedder, unless the call overrides it", async () => {
    const short = new LazyEmbedder({ embedder, truncateDim: 2 });
    expect([await short.dimension(), await new LazyEmbedder({ embedder }).dimension()]).toEqual([
      2, 4,
    ]);
    expect(await short.encodeQuery("abc")).toHaveLength(2);
    expect(await short.encodeQuery("abc", { truncateDim: 4 })).toHaveLength(4);
    const [unit] = await new LazyEmbedder({ embedder, normalize: true }).encodeDocument(["abc"]);
    expect(Math.hypot(...unit!)).toBeCloseTo(1, 6);
  });

  test("a prompt of the call, by name or text, overrides the configured one", async () => {
    const lazy = new LazyEmbedder({ embedder, queryPrompt: { prompt: "p:" } });
    const firstCharacter = async (options?: object) =>
      readVector(await lazy.encodeQuery("abc", options))[1];
    expect(await firstCharacter()).toBe("p");
    expect(await firstCharacter({ promptName: "STS", prompt: undefined })).toBe("s");
    expect(await firstCharacter({ prompt: "" })).toBe("a");
  });

  test("has another identity for every configuration that changes documents", async () => {
    const identityOf = (options: LazyEmbedderOptions) =>
      new LazyEmbedder({ embedder, ...options }).identity();
    expect(await identityOf({})).toBe(embedder.identity);
    expect(await identityOf({ queryPrompt: { promptName: "STS" } })).toBe(embedder.identity);
    const others = [
      { truncateDim: 2 },
      { normalize: true },
      { documentPrompt: { promptName: "STS" } },
      { documentPrompt: { prompt: "STS" } },
      { documentPrompt: { prompt: "" } },
    ];
    const identities = await Promise.all(others.map(identityOf));
    expect(new Set([embedder.identity, ...identities]).size).toBe(others.length + 1);
  });

  test("does not dispose a given embedder", async () => {
    const lazy = new LazyEmbedder({ embedder });
    expect(await lazy.get()).toBe(embedder);
    await lazy.dispose();
    expect(await lazy.encodeQuery("abc")).toHaveLength(4);
  });

  test.for([
    [{ model: "" }, "model must be a Hub id or a folder"],
    [{ truncateDim: 0 }, "0 was given"],
    [embedder, "(Embedder) was given. Pass an embedder as `{ embedder }`."],
    [{ embedder: {} }, "await Embedder.load"],
    [{ embedder: Promise.resolve(embedder) }, "await Embedder.load"],
    [{ embedder, dtype: "q4", model: "m" }, "model, dtype cannot take effect"],
    [{ embedder, truncateDim: 3 }, "Use 4, 2"],
    [{ queryPrompt: "STS" }, 'queryPrompt must be { promptName: "…" } or { prompt: "…" }'],
    [{ documentPrompt: {} }, "documentPrompt must be"],
    [{ documentPrompt: { promptName: 5 } }, "documentPrompt must be"],
    [{ documentPrompt: null }, "null was given"],
    [{ documentPrompt: { promptName: "STS", prefix: "s:" } }, "documentPrompt must be"],
    [
      { queryPrompt: { prompt_name: "STS" } },
      "It has no `prompt_name`. Did you mean `promptName`?",
    ],
    [{ worker: "no" }, 'worker must be true or false; "no" was given.'],
    [{ workers: 0 }, 'workers must be a whole number of at least 1, or "auto"; 0 was given.'],
    [{ workers: "all" }, 'or "auto"; "all" was given.'],
    [{ worker: false, workers: 2 }, "`workers` is 2, and `worker` is false"],
    [{ embedder, workers: 2 }, "workers cannot take effect"],
    [{ numWorkers: 2 }, "Did you mean `workers`?"],
    [{ embeder: embedder }, "There is no option `embeder`. Did you mean `embedder`?"],
    [{ onProgress: () => {} }, "`onProgress` is now called `onDownloadProgress`"],
    [{ embedder, truncation: "end" }, '"end" is now called "cut"'],
  ] as const)("the constructor refuses %o", ([options, message]) => {
    expect(() => new LazyEmbedder(options as never)).toThrow(
      expect.objectContaining({
        name: "EmbeddingGemmaError",
        message: expect.stringContaining(message),
      }),
    );
  });
});

describe("a truncateDim of a published model", () => {
  test("that it was not trained for is refused before the load", () => {
    const untrained = { code: "UNTRAINED_DIMENSION", message: expect.stringContaining("300") };
    for (const model of [undefined, defaultModel, "google/embeddinggemma-300m"]) {
      expect(() => new LazyEmbedder({ model, truncateDim: 300 })).toThrow(
        expect.objectContaining(untrained),
      );
      expect(() => new LazyEmbedder({ model, truncateDim: 1024 })).toThrow(/from 1 to 768/);
    }
  });

  test("is accepted if it was trained, or if it is meant", () => {
    new LazyEmbedder({ truncateDim: 256 });
    new LazyEmbedder({ truncateDim: 300, allowUntrainedDim: true });
    new LazyEmbedder({ model: "me/embeddinggemma-300m-medical", truncateDim: 300 });
  });
});

test("before the load, a query must be a text, and documents an array", async () => {
  const lazy = new LazyEmbedder({ model: "./no/such/folder", localFilesOnly: true });
  for (const query of [["Mars"], 7, null, undefined, { text: "Mars" }]) {
    await expect(lazy.encodeQuery(query as never)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(/^The query must be a string; .* was given\.$/),
    });
  }
  await expect(lazy.encodeQueries("Mars" as never)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: 'queries must be an array of queries; "Mars" was given.',
  });
  await expect(lazy.encodeQueries(["Mars", 7] as never)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: "Query 1 must be a string; 7 was given.",
  });
  await expect(lazy.encodeDocument("Mars" as never)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: 'documents must be an array of documents; "Mars" was given.',
  });
  for (const documents of [["Mars", 7], ["Mars", undefined], new Array(2), [{ title: "Mars" }]]) {
    await expect(lazy.encodeDocument(documents as never)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(/^Document [01]\b/),
    });
  }
});

describe("with a url", () => {
  test("connects to a server on first use", async () => {
    const local = testEmbedder(undefined, {}, { normalized: true });
    await using server = await EmbeddingServer.start(local);
    const lazy = new LazyEmbedder({
      url: server.url,
      prompts: { query: "q:" },
      dimension: 4,
      apiKey: "key",
      queryPrompt: { prompt: "s:" },
    });
    expect(server.requests).toEqual([]);
    expect(await lazy.encodeQuery("abc")).toEqual(await local.encode("abc", { prompt: "s:" }));
    expect(server.requests[0]!.headers.authorization).toBe("Bearer key");
    expect(await lazy.dimension()).toBe(4);
    await lazy.dispose();
  });

  test.for<[LazyEmbedderOptions, RegExp]>([
    [{ url: "localhost:8080" }, /url must be a URL.*Add http/],
    [{ url: [] }, /at least one URL/],
    [{ url: "http://me:secret@host" }, /without user name/],
    [{ url: ["http://a", "http://a/"] }, /occurs twice/],
    [{ url: "http://a", dtype: "q8" }, /`dtype` cannot take effect here/],
    [{ url: "http://a", embedder }, /url cannot take effect/],
    [{ apiKey: "key" }, /`apiKey` cannot take effect here. It needs the option `url`/],
    [{ dimension: 256 }, /`truncateDim`/],
    [{ url: "http://a", maxConcurrency: 0 }, /maxConcurrency must be/],
    [{ url: "http://a", headers: { "no name": "a" } }, /headers must be/],
  ])("refuses what cannot be meant: %o", ([options, message]) => {
    expect(() => new LazyEmbedder(options)).toThrow(message);
  });

  test.each([
    "ftp://me:secret@host",
    "me:secret@host",
    "http://me:secret@host:99999",
    ["http://host?key=secret", "http://host/?key=secret"],
  ])("does not show the key in %s", (url) => {
    expect(() => new LazyEmbedder({ url })).toThrow(/^(?!.*secret).*url must be/);
  });
});
