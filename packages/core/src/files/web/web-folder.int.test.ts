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
let answerTo: (url: string) => typeof answer;

beforeEach(async () => {
  requests = [];
  answer = { status: 200, body: "hello" };
  answerTo = () => answer;
  server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const { status, body } = answerTo(request.url!);
    response
      .writeHead(status, { "content-length": body.length })
      .end(request.method === "HEAD" ? undefined : body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  model = `http://127.0.0.1:${(server.address() as AddressInfo).port}/model/`;
  env.useCustomCache = true;
  env.customCache = cacheIn(new Map());
});

const cacheIn = (files: Map<string, Response>) => ({
  match: async (url: string) => files.get(url)?.clone(),
  put: async (url: string, response: Response) => {
    files.set(url, new Response(await response.blob(), { headers: response.headers }));
  },
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
  expect(folder.whyMissing?.(weights)).toContain(
    `The server answered ${model}${weights} with a web page: the file is not there.`,
  );
  expect(folder.whyMissing?.("config.json")).toBeUndefined();
});

test("a host that answers 403 lacks the file, or the whole folder", async () => {
  const whyMissing = async () => {
    const folder = await openWebFolder(model, {});
    await folder.provide("config.json");
    expect(await folder.read("modules.json", true)).toBeNull();
    return folder.whyMissing?.("modules.json");
  };
  const reason =
    `The server answered ${model}modules.json with 403 Forbidden: the file is not there, or may ` +
    "not be read.";
  answerTo = (url) => (url.endsWith("/config.json") ? answer : { status: 403, body: "denied" });
  expect(await whyMissing()).toBe(reason);
  env.customCache = cacheIn(new Map());
  answer = { status: 403, body: "denied" };
  const nothing =
    "It has sent no file of this folder: check the URL, and that this page may read the files.";
  expect(await whyMissing()).toBe(`${reason} ${nothing}`);
  expect(await whyMissing()).toBe(`${reason} ${nothing}`); // with what the first load has cached
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
