import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { env } from "@huggingface/transformers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openWebFolder } from "./web-folder.ts";

const before = { useCustomCache: env.useCustomCache, customCache: env.customCache };
const weights = "onnx/model.onnx";

let server: Server;
let model: string;
let requests: string[];

beforeEach(async () => {
  requests = [];
  server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    response
      .writeHead(200, { "content-length": 5 })
      .end(request.method === "HEAD" ? undefined : "hello");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  model = `http://127.0.0.1:${(server.address() as AddressInfo).port}/model/`;
  const files = new Map<string, Response>();
  env.useCustomCache = true;
  env.customCache = {
    match: async (url: string) => files.get(url)?.clone(),
    put: async (url: string, response: Response) => {
      files.set(url, new Response(await response.blob(), { headers: response.headers }));
    },
  };
});

afterEach(async () => {
  Object.assign(env, before);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const fetches = () => requests.filter((request) => request === `GET /model/${weights}`).length;

test("a file from the cache can be fetched again once, a file of this load cannot", async () => {
  const first = await openWebFolder(model, {});
  expect(await first.provide(weights)).toBe(true);
  expect(await first.refetch(weights)).toBe(false);
  expect(fetches()).toBe(1);

  const second = await openWebFolder(model, {});
  expect(await second.provide(weights)).toBe(true);
  expect(fetches()).toBe(1);
  expect(await second.refetch(weights)).toBe(true);
  expect(await second.refetch(weights)).toBe(false);
  expect(fetches()).toBe(2);
});
