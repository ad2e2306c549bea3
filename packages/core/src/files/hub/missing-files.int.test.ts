import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { HubServer } from "../../../test-support/hub-server.ts";
import { Embedder } from "../../embedder.ts";
import type { LoadOptions } from "../../options.ts";

const fixture = fileURLToPath(
  new URL("../../../../../test/fixtures/embeddinggemma", import.meta.url),
);
const model = "owner/model";
const prompts = "config_sentence_transformers.json";
const fileList = "(file list)";

let hub: HubServer;
let cacheDir: string;

beforeEach(async () => {
  hub = await HubServer.start(model, fixture);
  cacheDir = await mkdtemp(join(tmpdir(), "hub-missing-"));
  vi.stubEnv("HF_HOME", join(cacheDir, "home"));
  vi.stubEnv("HF_TOKEN", undefined);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await hub[Symbol.asyncDispose]();
  await rm(cacheDir, { recursive: true });
});

async function loadPrompts(options: LoadOptions = {}): Promise<Readonly<Record<string, string>>> {
  const location = { endpoint: hub.endpoint, cacheDir };
  await using embedder = await Embedder.load(model, { dtype: "fp32", ...location, ...options });
  return embedder.prompts;
}

const marker = (file: string) =>
  join(cacheDir, "models--owner--model", ".no_exist", hub.commit, file);

const query = expect.objectContaining({ query: "task: search result | query: " });

/** Answers requests for the prompts with a 404 of these headers; `times` at most. */
function answer404(headers: Record<string, string>, times = Number.POSITIVE_INFINITY): void {
  hub.misbehave = ({ file }, response, attempt) =>
    file === prompts && attempt <= times && Boolean(response.writeHead(404, headers).end());
}

test("a 404 of a proxy is a failure that passes, and is not remembered", async () => {
  answer404({ "content-type": "text/html" }, 2);
  expect(await loadPrompts()).toEqual(query);
  await expect(readFile(marker(prompts))).rejects.toMatchObject({ code: "ENOENT" });
});

test("a proxy that keeps answering 404 fails the load", { timeout: 60_000 }, async () => {
  answer404({ "content-type": "text/html" });
  await expect(loadPrompts()).rejects.toMatchObject({
    code: "DOWNLOAD_FAILED",
    details: { status: 404 },
  });
  await expect(readFile(marker(prompts))).rejects.toMatchObject({ code: "ENOENT" });
});

test("a file that the file list has is downloaded, whatever a 404 said before", async () => {
  answer404(hub.missingFileHeaders, 1);
  expect(await loadPrompts()).toEqual(query);
  expect(hub.countOf("GET", fileList)).toBe(1);
});

test("a missing file that a proxy has put into the cache is found again", async () => {
  await mkdir(dirname(marker(prompts)), { recursive: true });
  await writeFile(marker(prompts), "");
  expect(await loadPrompts()).toEqual(query);
  await expect(readFile(marker(prompts))).rejects.toMatchObject({ code: "ENOENT" });
});

test("a listed file that the server never finds fails the load", async () => {
  answer404(hub.missingFileHeaders);
  await expect(loadPrompts()).rejects.toMatchObject({
    code: "DOWNLOAD_FAILED",
    details: { file: prompts },
  });
});

test("where the file list cannot be had, the Hub's 404 counts", async () => {
  hub.misbehave = ({ file }, response) => {
    if (file === prompts) return Boolean(response.writeHead(404, hub.missingFileHeaders).end());
    return file === fileList && Boolean(response.writeHead(500).end());
  };
  expect(await loadPrompts()).toEqual({ query: "", document: "" });
});

test("what the file list confirms is asked for once", async () => {
  hub.misbehave = ({ file }, response) => {
    if (file === prompts) return Boolean(response.writeHead(404, hub.missingFileHeaders).end());
    const siblings = [{ rfilename: "config.json" }];
    return file === fileList && Boolean(response.end(JSON.stringify({ siblings })));
  };
  expect(await loadPrompts()).toEqual({ query: "", document: "" });
  expect(await loadPrompts()).toEqual({ query: "", document: "" });
  expect(hub.countOf("GET", fileList)).toBe(1);
  expect(hub.countOf("GET", prompts)).toBe(1);
});

test.for(["RepoNotFound", "RevisionNotFound"])("%s means that there is no model", async (code) => {
  hub.misbehave = (_request, response) =>
    Boolean(
      response.writeHead(code === "RepoNotFound" ? 401 : 404, { "x-error-code": code }).end(),
    );
  await expect(loadPrompts()).rejects.toMatchObject({ code: "MODEL_NOT_FOUND" });
});

test("a gated repository asks for a token", async () => {
  hub.misbehave = (_request, response) =>
    Boolean(response.writeHead(403, { "x-error-code": "GatedRepo" }).end());
  await expect(loadPrompts()).rejects.toMatchObject({
    code: "DOWNLOAD_FAILED",
    message: expect.stringContaining("set HF_TOKEN"),
  });
});
