import { afterEach, describe, expect, test } from "vitest";
import {
  EmbeddingServer,
  type EmbeddingServerOptions,
} from "../../test-support/embedding-server.ts";
import { testBackend, testEmbedder } from "../../test-support/test-embedder.ts";
import { MemoryVectorCache } from "../cache/memory-vector-cache.ts";
import type { ConnectOptions } from "../connect-options.ts";
import { Embedder } from "../embedder.ts";

/** Prompts and dimensions of the test embedder, which the server's name does not say. */
const described = {
  prompts: { query: "q:", document: "title: none | text: ", STS: "s:" },
  dimension: 4,
  matryoshkaDimensions: [4, 2],
};
const local = testEmbedder(testBackend(), {}, { normalized: true });
const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const resource of opened.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

async function serve(options: EmbeddingServerOptions = {}): Promise<EmbeddingServer> {
  const info = { model_id: "owner/tiny", ...options.info };
  const server = await EmbeddingServer.start(local, { models: ["tiny"], ...options, info });
  opened.push(server);
  return server;
}

async function connect(url: string | string[], options: ConnectOptions = {}): Promise<Embedder> {
  const embedder = await Embedder.connect(url, { ...described, ...options });
  opened.push(embedder);
  return embedder;
}

const texts = ["one", "two words", "größer", "two words", "z".repeat(50)];

function expectSame(actual: readonly Float32Array[], expected: readonly Float32Array[]): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((vector, row) => {
    expect(vector.length).toBe(expected[row]!.length);
    vector.forEach((value, column) => {
      expect(value).toBeCloseTo(expected[row]![column]!, 6);
    });
  });
}

describe.for(["tei", "openai", "openai-without-version"] as const)("%s", (api) => {
  test("queries, titles and plain texts get the vectors of a local embedder", async () => {
    const server = await serve({ api });
    const remote = await connect(server.url);
    expectSame([await remote.encodeQuery("one")], [await local.encodeQuery("one")]);
    const documents = [{ title: "Mars", text: "It is red." }, "Venus"];
    expectSame(await remote.encodeDocument(documents), await local.encodeDocument(documents));
    expectSame(await remote.encode(texts), await local.encode(texts));
    const sts = { promptName: "STS" };
    expectSame(await remote.encode(texts, sts), await local.encode(texts, sts));
    expect(remote.dimension).toBe(4);
    expect(await remote.encode([])).toEqual([]);
  });

  test("vectors are cut and normalized here, so one cache serves all", async () => {
    const server = await serve({ api });
    const cache = new MemoryVectorCache();
    const remote = await connect(server.url, { cache });
    const options = { truncateDim: 2 };
    expectSame(await remote.encode(texts, options), await local.encode(texts, options));
    const before = server.requests.length;
    const raw = { truncateDim: 2, normalize: false };
    expectSame(await remote.encode(texts, raw), await local.encode(texts, raw));
    expectSame(await remote.encode(texts), await local.encode(texts));
    expect(server.requests.length).toBe(before);
  });

  test("calls at once share requests within the limits", async () => {
    const server = await serve({ api });
    const remote = await connect(server.url, { batchSize: 20, maxConcurrency: 1 });
    const before = server.requests.length;
    const many = Array.from({ length: 50 }, (_, index) => `text ${index}`);
    const vectors = await Promise.all(many.map((text) => remote.encode(text)));
    expectSame(vectors, await local.encode(many));
    expect(server.requests.length - before).toBe(3);
  });

  test("progress and statistics have the server's number of tokens", async () => {
    const server = await serve({ api });
    const remote = await connect(server.url);
    let tokens = 0;
    let done = 0;
    await remote.encode(["abc", "defgh"], {
      onFinish: (statistics) => {
        tokens = statistics.tokens;
      },
      onProgress: (progress) => {
        done = progress.done;
      },
    });
    expect(tokens).toBe(12);
    expect(done).toBe(2);
  });

  test("an abort rejects at once and closes the request", async () => {
    const server = await serve({ api });
    const remote = await connect(server.url);
    let isClosed = false;
    const received = new Promise<void>((resolve) => {
      server.misbehave = (_request, response) => {
        response.on("close", () => {
          isClosed = true;
        });
        resolve();
        return true;
      };
    });
    const abort = new AbortController();
    const call = remote.encode("slow", { signal: abort.signal });
    await received;
    abort.abort(new Error("no longer needed"));
    await expect(call).rejects.toThrow("no longer needed");
    await expect.poll(() => isClosed).toBe(true);
  });

  test("identity does not depend on the URL", async () => {
    const [first, second] = [await serve({ api }), await serve({ api })];
    const remote = await connect(first.url);
    expect((await connect(second.url)).identity).toBe(remote.identity);
    expect(remote.identity).not.toContain("127.0.0.1");
    expect(remote.identityOf({ normalize: false })).not.toBe(remote.identity);
  });
});

test("lone surrogates become U+FFFD, as in a local embedder's tokenizer", async () => {
  const server = await serve();
  const remote = await connect(server.url);
  expectSame([await remote.encode("\ud800 a")], [await local.encode("\ufffd a")]);
  expect(server.bodiesOf("/embed").at(-1)!.inputs).toEqual(["\ufffd a"]);
});

test("TEI's identity has model, commit and dtype", async () => {
  const server = await serve();
  const remote = await connect(server.url);
  expect(remote.model).toBe("owner/tiny");
  expect(remote.identity).toContain("owner/tiny@0123456789abcdef0123456789abcdef01234567");
  expect(remote.identity).toContain("dtype=float32");
});
