import { freePort } from "@embeddinggemma/internal/testing";
import { afterEach, describe, expect, test } from "vitest";
import {
  EmbeddingServer,
  type EmbeddingServerOptions,
} from "../../test-support/embedding-server.ts";
import { testBackend, testEmbedder } from "../../test-support/test-embedder.ts";
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

const embeds = ({ requests }: EmbeddingServer) =>
  requests.filter(({ path }) => path === "/embed").length;

describe("several addresses", () => {
  test("share the requests", async () => {
    const [first, second] = [await serve(), await serve()];
    const remote = await connect([first.url, second.url], { batchSize: 2 });
    const many = Array.from({ length: 40 }, (_, index) => `text ${index}`);
    expect(await remote.encode(many)).toEqual(await local.encode(many));
    expect(embeds(first)).toBeGreaterThan(5);
    expect(embeds(second)).toBeGreaterThan(5);
  });

  test("one that ends is left out at once, and used again when it is back", async () => {
    const port = await freePort();
    const [first, second] = [await serve({ port }), await serve()];
    const remote = await connect([first.url, second.url], { maxRetries: 0 });
    await first[Symbol.asyncDispose]();
    for (let count = 0; count < 4; count++)
      expect(await remote.encode(`${count}`)).toEqual(await local.encode(`${count}`));
    const again = await serve({ port });
    await expect
      .poll(
        async () => {
          await remote.encode("again");
          return embeds(again);
        },
        { timeout: 5000 },
      )
      .toBeGreaterThan(0);
  });

  test("one that cannot be reached need not be there when the embedder connects", async () => {
    const server = await serve();
    const remote = await connect(["http://127.0.0.1:9", server.url], { maxRetries: 0 });
    expect(await remote.encode("text")).toEqual(await local.encode("text"));
  });

  test("must have the same model", async () => {
    const [first, second] = [await serve(), await serve({ info: { model_sha: "f00" } })];
    await expect(connect([first.url, second.url])).rejects.toMatchObject({
      code: "MODEL_CHANGED",
      message: expect.stringContaining("f00"),
    });
  });

  test("if none can be reached, the error says why", async () => {
    await expect(connect("http://127.0.0.1:9", { maxRetries: 0 })).rejects.toMatchObject({
      code: "SERVER_FAILED",
      message: expect.stringContaining("127.0.0.1:9"),
    });
  });
});

describe("a server that changes its model", () => {
  test("is noticed after a restart", async () => {
    const port = await freePort();
    const server = await serve({ port });
    const remote = await connect(server.url, { maxRetries: 0 });
    await server[Symbol.asyncDispose]();
    await expect(remote.encode("down")).rejects.toMatchObject({ code: "SERVER_FAILED" });
    await serve({ port, info: { model_dtype: "float16" } });
    await expect(remote.encode("text")).rejects.toMatchObject({ code: "MODEL_CHANGED" });
    await expect(remote.encode("text")).rejects.toMatchObject({ code: "MODEL_CHANGED" });
  });

  test("is noticed by its header", async () => {
    const server = await serve();
    server.headers = { "x-model-identity": "one" };
    const remote = await connect(server.url);
    server.headers = { "x-model-identity": "two" };
    // The same model as before, says /info.
    expect(await remote.encode("text")).toEqual(await local.encode("text"));
    server.headers = { "x-model-identity": "three" };
    server.options.info = { model_id: "owner/other" };
    await expect(remote.encode("other text")).rejects.toMatchObject({ code: "MODEL_CHANGED" });
    // Back again, it is used.
    server.options.info = { model_id: "owner/tiny" };
    expect(await remote.encode("text")).toEqual(await local.encode("text"));
  });

  test("is noticed by the model that OpenAI's API names", async () => {
    const server = await serve({ api: "openai" });
    const remote = await connect(server.url);
    server.misbehave = ({ path }, response) => {
      if (!path.endsWith("/embeddings")) return false;
      response.end(JSON.stringify({ model: "other", data: [{ embedding: [1, 0, 0, 0] }] }));
      return true;
    };
    await expect(remote.encode("text")).rejects.toMatchObject({ code: "MODEL_CHANGED" });
  });

  test("is left out, if others have the right one", async () => {
    const port = await freePort();
    const [first, second] = [await serve({ port }), await serve()];
    const remote = await connect([first.url, second.url]);
    await first[Symbol.asyncDispose]();
    await remote.encode(["a failed request", "and another address"]);
    const other = await serve({ port, info: { model_dtype: "float16" } });
    for (let count = 0; count < 4; count++)
      expect(await remote.encode(`${count}`)).toEqual(await local.encode(`${count}`));
    expect(embeds(other)).toBe(0);
  });
});

describe("what the server is", () => {
  test("a family by TEI's model_id gives prompts and dimensions", async () => {
    const server = await serve({ info: { model_id: "google/embeddinggemma-300m" } });
    const remote = Embedder.connect(server.url);
    // The server's vectors have four numbers.
    await expect(remote).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("dimension must be 4"),
    });
    const { prompts, maxTokens } = await connect(server.url, { prompts: undefined });
    expect(prompts.query).toBe("task: search result | query: ");
    expect(maxTokens).toBe(30);
  });

  test("the prompts of a family are compared with those of the model's files", async () => {
    const info = { model_id: "me/embeddinggemma-300m-fine-tuned" };
    const query = "task: search result | query: ";
    const same = await serve({ info, prompts: { query, document: "title: none | text: " } });
    expect((await connect(same.url, { prompts: undefined })).prompts.query).toBe(query);
    const other = await serve({ info, prompts: { query: "find: " } });
    await expect(connect(other.url, { prompts: undefined })).rejects.toMatchObject({
      code: "MODEL_NOT_DESCRIBED",
      message: expect.stringContaining('"find: "'),
    });
  });

  test("a model without a family needs prompts", async () => {
    const server = await serve();
    await expect(Embedder.connect(server.url)).rejects.toMatchObject({
      code: "MODEL_NOT_DESCRIBED",
      message: expect.stringContaining("`prompts`"),
    });
  });

  test("Ollama's names are known", async () => {
    const server = await serve({ api: "openai", models: ["embeddinggemma:latest"] });
    const remote = await connect(server.url, { prompts: undefined });
    expect(remote.prompts.document).toBe("title: none | text: ");
  });

  test("several models need the option model", async () => {
    const server = await serve({ api: "openai", models: ["one", "two"] });
    await expect(connect(server.url)).rejects.toThrow(/one, two.*`model`/);
    expect((await connect(`${server.url}/v1/`, { model: "two" })).model).toBe("two");
    expect(server.bodiesOf("/v1/embeddings").at(-1)).toMatchObject({ model: "two" });
  });

  test("a default prompt of the server is refused, unless it is the only one", async () => {
    const server = await serve({ prompt: "query: " });
    await expect(connect(server.url)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      details: { serverPrompt: "query: " },
    });
    const remote = await connect(server.url, { prompts: {} });
    expect(await remote.encode("a")).toEqual(await local.encode("a", { prompt: "query: " }));
    expect(remote.identity).toContain("serverPrompt=");
  });

  test("a page that is no API", async () => {
    const server = await serve();
    server.misbehave = (_request, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end("<html><title>Hi</title>");
      return true;
    };
    await expect(connect(server.url, { model: "tiny" })).rejects.toThrow(
      /does not seem to have(?!.*Check the URL.*Check the URL).*Check the URL/,
    );
  });

  test("key and headers are sent with each request", async () => {
    const server = await serve();
    await connect(server.url, { apiKey: "secret", headers: { "X-Team": "search" } });
    const headers = { authorization: "Bearer secret", "x-team": "search" };
    for (const request of server.requests) expect(request.headers).toMatchObject(headers);
  });
});

describe("lengths", () => {
  test("TEI counts tokens, also of long texts, and names those that are too long", async () => {
    const server = await serve();
    const remote = await connect(server.url);
    expect(await remote.countTokens("größer", { promptName: "query" })).toBe(10);
    expect(await remote.countTokens("ab ".repeat(3000))).toBe(9002);
    const own = { addSpecialTokens: false };
    expect(await remote.countTokens("größer", { ...own, promptName: "query" })).toBe(8);
    expect(await remote.countTokens("ab ".repeat(3000), own)).toBe(9000);
    expect(await remote.countTokens("", { ...own, prompt: "" })).toBe(0);
    const call = remote.encode(["short", "x".repeat(40)], { truncation: "error" });
    await expect(call).rejects.toMatchObject({
      code: "INPUT_TOO_LONG",
      details: { index: 1, tokens: 42, maxTokens: 30 },
    });
  });

  test("OpenAI's API needs the tokenizer", async () => {
    const server = await serve({ api: "openai" });
    const remote = await connect(server.url);
    await expect(remote.countTokens("text")).rejects.toThrow(/`tokenizer`/);
    expect(() => remote.tokenizer.encode("text")).toThrow(/`tokenizer`/);
    await expect(remote.encodeTokens([5, 6])).rejects.toThrow(/token ids/);
  });
});
