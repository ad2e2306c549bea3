import { afterEach, describe, expect, test } from "vitest";
import {
  EmbeddingServer,
  type EmbeddingServerOptions,
  type Misbehaviour,
} from "../../test-support/embedding-server.ts";
import { testBackend, testDescription, testEmbedder } from "../../test-support/test-embedder.ts";
import type { ConnectOptions } from "../connect-options.ts";
import { Embedder } from "../embedder.ts";

const described = { prompts: { query: "q:" }, dimension: 4 };
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
  const embedder = await Embedder.connect(url, { ...described, maxRetries: 2, ...options });
  opened.push(embedder);
  return embedder;
}

/** Answers only the first requests for vectors like this. */
function atFirst(count: number, misbehave: Misbehaviour): Misbehaviour {
  let left = count;
  return (request, response, attempt) => {
    if (!/embed/.test(request.path) || left === 0) return false;
    left--;
    return misbehave(request, response, attempt);
  };
}

const answerWith =
  (status: number, body = "", headers: Record<string, string> = {}): Misbehaviour =>
  (_request, response) => {
    response.writeHead(status, headers).end(body);
    return true;
  };

const breakOff: Misbehaviour = (_request, response) => {
  response.writeHead(200, { "content-type": "application/json" }).write("[[0.1,");
  setTimeout(() => response.destroy(), 20);
  return true;
};

describe("what may pass is tried again", () => {
  test.for<[string, Misbehaviour]>([
    ["503", answerWith(503, "starting")],
    ["429 without a time", answerWith(429, '{"error":"Model is overloaded"}')],
    ["500", answerWith(500, "<html><title>Oops</title></html>")],
    ["a broken answer", breakOff],
    ["an HTML page with status 200", answerWith(200, "<html>hi</html>")],
  ])("%s", async ([, misbehave]) => {
    const server = await serve();
    const remote = await connect(server.url);
    server.misbehave = atFirst(1, misbehave);
    expect(await remote.encode("text")).toEqual(await local.encode("text"));
  });

  test.for([
    ["seconds", { "retry-after": "1" }, 1000],
    ["milliseconds", { "retry-after-ms": "120", "retry-after": "7" }, 120],
  ] as const)("Retry-After in %s is honoured", async ([, headers, expected]) => {
    const server = await serve();
    const remote = await connect(server.url);
    server.misbehave = atFirst(1, answerWith(429, "", headers));
    const start = performance.now();
    await remote.encode("text");
    expect(performance.now() - start).toBeGreaterThanOrEqual(expected - 5);
    expect(performance.now() - start).toBeLessThan(expected + 5000);
  });

  test("up to maxRetries times, then the error has address, status and reason", async () => {
    const server = await serve();
    const remote = await connect(server.url, { maxRetries: 1 });
    const before = server.requests.length;
    server.misbehave = atFirst(9, answerWith(500, '{"error":{"message":"no GPU"}}'));
    await expect(remote.encode("text")).rejects.toMatchObject({
      code: "SERVER_FAILED",
      message: expect.stringMatching(/500.*no GPU.*sent 2 times/),
      details: { status: 500, attempts: 2, url: `${server.url}/embed` },
    });
    expect(server.requests.filter(({ path }) => path === "/embed").length).toBe(
      server.requests.slice(0, before).filter(({ path }) => path === "/embed").length + 2,
    );
  });

  test("a server that asks to wait for an hour fails the call", async () => {
    const server = await serve();
    const remote = await connect(server.url);
    server.misbehave = atFirst(1, answerWith(429, "", { "retry-after": "3600" }));
    await expect(remote.encode("text")).rejects.toMatchObject({
      code: "SERVER_FAILED",
      details: { retryAfter: 3_600_000 },
    });
  });

  test("not what cannot pass", async () => {
    const server = await serve();
    const remote = await connect(server.url);
    for (const [status, message] of [
      [401, "apiKey"],
      [404, "model"],
      [501, "501"],
      [424, "no backend"],
    ] as const) {
      const before = server.requests.length;
      server.misbehave = atFirst(1, answerWith(status, "no backend"));
      await expect(remote.encode("text")).rejects.toThrow(message);
      expect(server.requests.length - before).toBe(1);
    }
  });

  test.for(["auto", "tei", "openai"] as const)(
    "not a missing or wrong key, with api %s",
    async (api) => {
      const server = await serve();
      server.misbehave = answerWith(401, "Unauthorized");
      await expect(connect(server.url, { api })).rejects.toThrow(/401.*Set the option `apiKey`/s);
      await expect(connect(server.url, { api, apiKey: "wrong" })).rejects.toThrow(
        /401.*refuses the key that the option `apiKey` gave\./s,
      );
    },
  );

  test("a timeout", async () => {
    const server = await serve();
    const remote = await connect(server.url, { timeout: 300, maxRetries: 0 });
    server.misbehave = () => true;
    await expect(remote.encode("text")).rejects.toThrow(/no answer within 0.3 s/);
  });
});

test("a port that fetch blocks is tried once", async () => {
  const connecting = Embedder.connect("http://127.0.0.1:1");
  await expect(connecting).rejects.toMatchObject({
    code: "SERVER_FAILED",
    message: expect.stringMatching(/`fetch` blocks its port, .* Use another one\.$/),
    details: { attempts: 1 },
  });
});

test("a key in the query of the URL is sent, but not shown", async () => {
  const server = await serve();
  const remote = await connect(`${server.url}/?key=secret`, { maxRetries: 0 });
  server.misbehave = answerWith(500, "Oops");
  const error = await remote.encode("text").catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "SERVER_FAILED", details: { url: `${server.url}/embed` } });
  expect(String((error as Error).message)).not.toContain("secret");
  await server[Symbol.asyncDispose]();
  const down = await remote.encode("text").catch((reason: unknown) => reason);
  expect(String((down as Error).message)).toMatch(/^(?!.*secret).*could not be reached/);
});

test("nor where the server has an adapter for queries", async () => {
  const embeddinggemma = {
    identity: "tiny",
    description: testDescription,
    adapter: { sides: "query" },
  };
  const server = await serve({ info: { embeddinggemma } });
  const error = await connect(`${server.url}/?key=secret`).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "ADAPTER_MISMATCH", details: { url: `${server.url}/` } });
  expect(String((error as Error).message)).toMatch(/^(?!.*secret)http.* has an adapter for/);
});

test("user name and password in a URL are refused, and not shown", async () => {
  const error = await connect("http://me:secret@localhost").catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "INVALID_ARGUMENT" });
  const { message, details } = error as Error & { details: object };
  expect(message + JSON.stringify(details)).not.toContain("secret");
});

describe("answers that cannot be used are errors", () => {
  test.for<[string, unknown, RegExp]>([
    ["too few vectors", [[1, 0, 0, 0]], /sent 1 vectors for 2 texts/],
    [
      "vectors of two lengths",
      [
        [1, 0, 0, 0],
        [1, 0],
      ],
      /of 4 and of 2 numbers/,
    ],
    [
      "NaN, which is null in JSON",
      [
        [1, 0, 0, 0],
        [1, null, 0, 0],
      ],
      /not finite/,
    ],
    ["an object", { data: [] }, /instead of vectors/],
    ["texts", [["a"], ["b"]], /as vector 0/],
    [
      "another dimension",
      [
        [1, 0],
        [0, 1],
      ],
      /2 numbers; before, they had 4/,
    ],
  ])("TEI: %s", async ([, body, message]) => {
    const server = await serve();
    const remote = await connect(server.url);
    server.misbehave = atFirst(1, answerWith(200, JSON.stringify(body)));
    await expect(remote.encode(["a", "b"])).rejects.toThrow(message);
  });

  const entry = (index: unknown, embedding: unknown) => ({ index, embedding });
  const unit = [1, 0, 0, 0];
  test.for<[string, unknown[], RegExp]>([
    ["an index twice", [entry(0, unit), entry(0, unit)], /two vectors with the index 0/],
    ["an index that does not exist", [entry(0, unit), entry(2, unit)], /index 2 of 2/],
    ["base64 of half a number", [entry(0, unit), entry(1, "AAA=")], /as vector 1/],
    ["base64 of NaN", [entry(0, unit), entry(1, "AADAfwAAgD8AAIA/AACAPw==")], /not finite/],
  ])("OpenAI: %s", async ([, data, message]) => {
    const server = await serve({ api: "openai" });
    const remote = await connect(server.url);
    server.misbehave = atFirst(1, answerWith(200, JSON.stringify({ data, model: "tiny" })));
    await expect(remote.encode(["a", "b"])).rejects.toThrow(message);
  });

  test("numbers instead of base64 are accepted", async () => {
    const server = await serve({ api: "openai" });
    const remote = await connect(server.url);
    const data = [entry(undefined, unit), entry(undefined, [0, 1, 0, 0])];
    server.misbehave = atFirst(1, answerWith(200, JSON.stringify({ data })));
    const [first, second] = await remote.encode(["a", "b"]);
    expect([...first!, ...second!]).toEqual([...unit, 0, 1, 0, 0]);
  });
});

describe("a text that the server refuses", () => {
  const refuse =
    (isGuilty: (text: unknown) => boolean, status: number, body: string): Misbehaviour =>
    ({ path, body: { inputs, input } }, response) => {
      if (!path.includes("embed") || ![inputs ?? input].flat().some(isGuilty)) return false;
      response.writeHead(status).end(body);
      return true;
    };
  const tooLong =
    '{"error":"Input validation error: `inputs` must have less than 512 tokens. Given: 600",' +
    '"error_type":"Validation"}';

  test.for([400, 413, 422])(
    "is named by its index (%d), and other calls succeed",
    async (status) => {
      const server = await serve();
      const remote = await connect(server.url, { maxConcurrency: 1 });
      server.misbehave = refuse((text) => text === "bad", status, tooLong);
      const many = Array.from({ length: 20 }, (_, index) => (index === 13 ? "bad" : `${index}`));
      const calls = await Promise.allSettled([
        remote.encode(["a", "b"]),
        remote.encode(many),
        remote.encode("c"),
      ]);
      expect(calls[0]).toEqual({ status: "fulfilled", value: await local.encode(["a", "b"]) });
      expect(calls[1]).toMatchObject({
        reason: { code: "INPUT_TOO_LONG", details: { index: 13, tokens: 600, maxTokens: 512 } },
      });
      expect(calls[2]).toMatchObject({ status: "fulfilled" });
    },
  );

  test("is named by its index if a batch takes several requests", async () => {
    const server = await serve({ maxItems: 8 });
    const remote = await connect(server.url);
    server.misbehave = refuse((text) => text === "bad", 422, tooLong);
    const many = Array.from({ length: 20 }, (_, index) => (index === 13 ? "bad" : `${index}`));
    await expect(remote.encode(many, { batchSize: 20 })).rejects.toMatchObject({
      code: "INPUT_TOO_LONG",
      details: { index: 13 },
    });
  });

  test("is named by its index if the server does not count its tokens", async () => {
    const server = await serve();
    const remote = await connect(server.url);
    server.misbehave = ({ path, body: { inputs } }, response) => {
      if (path !== "/tokenize" || ![inputs].flat().includes("bad")) return false;
      response.writeHead(422).end('{"error":"Tokenizer error"}');
      return true;
    };
    const texts = Array.from({ length: 300 }, (_, index) => (index === 290 ? "bad" : `${index}`));
    await expect(remote.encode(texts, { truncation: "error" })).rejects.toMatchObject({
      code: "SERVER_FAILED",
      details: { index: 290 },
    });
    await expect(remote.countTokens("bad")).rejects.toMatchObject({
      code: "SERVER_FAILED",
      details: { index: 0 },
    });
  });

  test("for another reason is SERVER_FAILED with its index", async () => {
    const server = await serve();
    const remote = await connect(server.url);
    await expect(remote.encode(["a", "", "b"])).rejects.toMatchObject({
      code: "SERVER_FAILED",
      message: expect.stringContaining("Text 1".toLowerCase()),
      details: { index: 1, status: 400 },
    });
  });

  test("a request that is only too large succeeds in parts", async () => {
    const server = await serve({ maxItems: 3, info: { max_client_batch_size: 32 } });
    const remote = await connect(server.url);
    const many = Array.from({ length: 20 }, (_, index) => `text ${index}`);
    expect(await remote.encode(many)).toEqual(await local.encode(many));
  });
});
