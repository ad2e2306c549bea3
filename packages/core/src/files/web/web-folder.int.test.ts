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
let answer: { status: number; body: string };

beforeEach(async () => {
  requests = [];
  answer = { status: 200, body: "hello" };
  server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    response
      .writeHead(answer.status, { "content-length": answer.body.length })
      .end(request.method === "HEAD" ? undefined : answer.body);
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

test("a file is missing if the server answers with a web page, and says why", async () => {
  answer = { status: 200, body: "<!doctype html>" };
  const folder = await openWebFolder(model, {});
  expect(await folder.provide(weights)).toBe(false);
  expect(folder.whyMissing?.(weights)).toBe(
    `The server answered ${model}${weights} with a web page: the file is not there.`,
  );
  expect(folder.whyMissing?.("config.json")).toBeUndefined();
});

test("an id that cannot be found may be meant as a folder", async () => {
  answer = { status: 401, body: "denied" };
  const { origin } = new URL(model);
  const advice =
    'If "models/tiny" is a folder on a web server, begin it with "/", "./" or "https:".';
  await expect(openWebFolder("models/tiny", { endpoint: origin })).rejects.toMatchObject({
    code: "DOWNLOAD_FAILED",
    message: expect.stringMatching(/401.*`token`\. If "/),
  });
  await expect(openWebFolder("models/tiny", { endpoint: origin })).rejects.toThrow(advice);
});
