import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { WebCache } from "./web-cache.ts";
import { fetchInto, isComplete, isUnchanged } from "./web-fetch.ts";

type Respond = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let url: string;
let responses: Respond[]; // the last one repeats
let requests: IncomingMessage[];

/** Stores a body completely or not at all, as the browser's cache does. */
class MapCache extends Map<string, Response> {
  async match(key: string): Promise<Response | undefined> {
    return this.get(key)?.clone();
  }

  async put(key: string, response: Response): Promise<void> {
    this.set(key, new Response(await response.blob(), { headers: response.headers }));
  }
}

const cacheOf = (map: MapCache): WebCache => ({
  match: (key) => map.match(key),
  put: (key, response) => map.put(key, response),
  delete: async (key) => map.delete(key),
});

const file: Respond = (_request, response) =>
  response.writeHead(200, { "content-length": 5, etag: '"1"' }).end("hello");
const dated: Respond = (_request, response) =>
  response.writeHead(200, { "content-length": 5, etag: '"1"', "last-modified": "y" }).end("hello");
const status =
  (code: number): Respond =>
  (_request, response) =>
    response.writeHead(code).end();

beforeEach(async () => {
  responses = [];
  requests = [];
  server = createServer((request, response) => {
    requests.push(request);
    (responses.length > 1 ? responses.shift()! : responses[0]!)(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`;
});

afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test.for(["QuotaExceededError", "UnknownError"])("%s of the cache is not retried", async (name) => {
  responses = [file];
  const cache: WebCache = {
    match: async () => undefined,
    put: async (_key, response) => {
      await response.blob();
      throw new DOMException("No room.", name);
    },
  };
  await expect(fetchInto(cache, url, {})).rejects.toMatchObject({
    code: "DOWNLOAD_FAILED",
    message: expect.stringContaining(
      `could not store ${url}: No room. Free some storage or memory`,
    ),
  });
  expect(requests).toHaveLength(1);
});

test("what the storage refuses is fetched again if there is room elsewhere", async () => {
  responses = [file];
  const stored: string[] = [];
  const cache: WebCache = {
    retriesInMemory: true,
    match: async () => undefined,
    put: async (_key, response) => {
      stored.push(await response.text());
      if (stored.length === 1) throw new DOMException("No room.", "UnknownError");
    },
  };
  expect(await fetchInto(cache, url, {})).toMatchObject({ found: true });
  expect(stored).toEqual(["hello", "hello"]);
});

test("a file is cached under its URL, with its headers, and progress is reported", async () => {
  responses = [file];
  const cache = new MapCache();
  const progress: unknown[] = [];
  const { headers } = await fetchInto(cacheOf(cache), url, {
    token: "secret",
    onProgress: (...bytes) => progress.push(bytes),
  });
  expect(headers.get("etag")).toBe('"1"');
  expect(await (await cache.match(url))!.text()).toBe("hello");
  expect((await cache.match(url))!.headers.get("etag")).toBe('"1"');
  expect(progress).toEqual([
    [0, 5],
    [5, 5],
  ]);
  expect(requests[0]!.headers.authorization).toBe("Bearer secret");
});

test("server errors, rate limits and broken connections are retried", async () => {
  responses = [status(503), status(408), (_request, response) => response.destroy(), file];
  const cache = new MapCache();
  expect(await fetchInto(cacheOf(cache), url, {})).toMatchObject({ found: true });
  expect(requests).toHaveLength(4);
});

test.for<[string, Respond]>([
  ["sends nothing", () => {}],
  [
    "stops in the middle",
    (_request, response) => response.writeHead(200, { "content-length": 5 }).write("he"),
  ],
])("a request to a server that %s is retried", async ([, stall]) => {
  vi.stubEnv("HF_HUB_DOWNLOAD_TIMEOUT", "0.3");
  responses = [stall, file];
  const cache = new MapCache();
  expect(await fetchInto(cacheOf(cache), url, {})).toMatchObject({ found: true });
  expect(await (await cache.match(url))!.text()).toBe("hello");
});

test("a cached file is used if the server does not respond", async () => {
  vi.stubEnv("HF_HUB_DOWNLOAD_TIMEOUT", "0.3");
  responses = [() => {}];
  expect(await isUnchanged(url, new Response("hello", { headers: { etag: '"0"' } }), {})).toBe(
    true,
  );
});

test("an incomplete body leaves nothing in the cache", async () => {
  responses = [
    (_request, response) => {
      response.writeHead(200, { "content-length": 5 }).write("he");
      setTimeout(() => response.destroy(), 20);
    },
  ];
  const cache = new MapCache();
  await expect(fetchInto(cacheOf(cache), url, {})).rejects.toThrow(
    expect.objectContaining({
      code: "DOWNLOAD_FAILED",
      details: expect.objectContaining({ url, attempts: 4, status: undefined }),
    }),
  );
  expect(cache.size).toBe(0);
});

test("a file that no longer exists is deleted from the cache", async () => {
  responses = [file, status(404)];
  const cache = new MapCache();
  await fetchInto(cacheOf(cache), url, {});
  expect(await fetchInto(cacheOf(cache), url, {})).toMatchObject({ found: false });
  expect(cache.size).toBe(0);
});

test.for([
  [403, "403 Forbidden: the file is not there, or may not be read."],
  [404, "404 Not Found: the file is not there."],
  [410, "410 Gone: the file is not there."],
] as const)("a folder lacks a file that is answered with %d", async ([code, answer]) => {
  responses = [status(code)];
  const result = await fetchInto(cacheOf(new MapCache()), url, { isFolder: true });
  expect(result).toMatchObject({
    found: false,
    whyMissing: `The server answered ${url} with ${answer}`,
  });
  expect(requests).toHaveLength(1);
});

test("a folder that asks for a login is not asked for a token", async () => {
  responses = [status(401)];
  await expect(fetchInto(cacheOf(new MapCache()), url, { isFolder: true })).rejects.toMatchObject({
    code: "DOWNLOAD_FAILED",
    message:
      `${url} responded with 401 Unauthorized. Check the URL of the folder, and that this page ` +
      "may read its files.",
  });
});

test("a folder of the Hub may need a token", async () => {
  responses = [(_, response) => response.writeHead(403, { "x-error-code": "GatedRepo" }).end()];
  await expect(fetchInto(cacheOf(new MapCache()), url, { isFolder: true })).rejects.toMatchObject({
    message: expect.stringContaining("set the option `token`"),
  });
});

test("an impossible token fails without a request", async () => {
  await expect(fetchInto(cacheOf(new MapCache()), url, { token: "a\nb" })).rejects.toThrow(
    expect.objectContaining({ code: "INVALID_ARGUMENT" }),
  );
});

test.for([401, 403])("%d fails without retries, and the error names the token", async (code) => {
  responses = [status(code)];
  await expect(fetchInto(cacheOf(new MapCache()), url, {})).rejects.toThrow(
    expect.objectContaining({
      code: "DOWNLOAD_FAILED",
      message: expect.stringContaining("`token`"),
      details: expect.objectContaining({ url, status: code }),
    }),
  );
  expect(requests).toHaveLength(1);
});

test("an aborted signal rejects with its reason", async () => {
  responses = [status(503)];
  const reason = new Error("enough");
  const fetching = fetchInto(cacheOf(new MapCache()), url, { signal: AbortSignal.abort(reason) });
  await expect(fetching).rejects.toBe(reason);
});

test.for([
  [{ etag: '"1"' }, file, true],
  [{ etag: '"0"' }, file, false],
  [{ "last-modified": "x" }, file, true],
  [{ etag: 'W/"1"' }, file, true],
  [{ etag: '"1"', "last-modified": "x" }, dated, true],
  [{ "last-modified": "x" }, dated, false],
  [{ "last-modified": "y" }, dated, true],
  [{ etag: '"0"' }, status(404), false],
  [{ etag: '"0"' }, status(410), false],
  [{ etag: '"0"' }, status(403), true],
  [{ etag: '"0"' }, status(500), true],
  [{ etag: '"0"' }, status(405), true],
] as const)("a cached file with %j, case %#", async ([headers, respond, unchanged]) => {
  responses = [respond];
  expect(await isUnchanged(url, new Response("hello", { headers }), {})).toBe(unchanged);
});

test("a cached file that is shorter than its content-length is incomplete", async () => {
  expect(await isComplete(new Response("hello", { headers: { "content-length": "5" } }))).toBe(
    true,
  );
  expect(await isComplete(new Response("hello"))).toBe(true);
  expect(await isComplete(new Response("he", { headers: { "content-length": "5" } }))).toBe(false);
});

test.for(["<!DOCTYPE html><title>App</title>", "\n <html lang=en>", "<!doctype html>"])(
  "a web page in place of a file is not kept: %j",
  async (page) => {
    const cache = new MapCache();
    responses = [file, (_request, response) => response.writeHead(200).end(page)];
    await fetchInto(cacheOf(cache), url, {});
    const result = await fetchInto(cacheOf(cache), url, {});
    expect(result).toMatchObject({
      found: false,
      whyMissing: `The server answered ${url} with a web page: the file is not there.`,
    });
    expect(cache.size).toBe(0);
    expect(requests).toHaveLength(2);
    expect(await isComplete(new Response(page))).toBe(false);
  },
);
