import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { setUpHub, weights } from "../../../test-support/hub-setup.ts";
import { Embedder } from "../../embedder.ts";

const prompts = "config_sentence_transformers.json";
const fileList = "(file list)";

const setup = setUpHub();

async function loadPrompts(): Promise<Readonly<Record<string, string>>> {
  await using embedder = await setup.load();
  return embedder.prompts;
}

const marker = (file: string) =>
  join(setup.cacheDir, "models--owner--model", ".no_exist", setup.hub.commit, file);

const query = expect.objectContaining({ query: "task: search result | query: " });

/** Responds to requests for the prompts with a 404 and these headers, at most `times` times. */
function respondWith404(headers: Record<string, string>, times = Number.POSITIVE_INFINITY): void {
  setup.hub.misbehave = ({ file }, response, attempt) =>
    file === prompts && attempt <= times && Boolean(response.writeHead(404, headers).end());
}

test("a proxy's 404 fails the load at once and is not remembered", async () => {
  respondWith404({ "content-type": "text/html" }, 1);
  await expect(loadPrompts()).rejects.toMatchObject({
    code: "DOWNLOAD_FAILED",
    message: expect.stringContaining("Check the proxy"),
    details: { status: 404 },
  });
  expect(setup.hub.countOf("GET", prompts)).toBe(1);
  await expect(readFile(marker(prompts))).rejects.toMatchObject({ code: "ENOENT" });
  expect(await loadPrompts()).toEqual(query);
});

test("a file in the file list is downloaded, even after a 404", async () => {
  respondWith404(setup.hub.missingFileHeaders, 1);
  expect(await loadPrompts()).toEqual(query);
  expect(setup.hub.countOf("GET", fileList)).toBe(1);
});

test("a wrong marker for a missing file is corrected", async () => {
  await mkdir(dirname(marker(prompts)), { recursive: true });
  await writeFile(marker(prompts), "");
  expect(await loadPrompts()).toEqual(query);
  await expect(readFile(marker(prompts))).rejects.toMatchObject({ code: "ENOENT" });
});

test("a file in the file list that the server never finds fails the load", async () => {
  respondWith404(setup.hub.missingFileHeaders);
  await expect(loadPrompts()).rejects.toMatchObject({
    code: "DOWNLOAD_FAILED",
    details: { file: prompts },
  });
});

test("without a file list, the Hub's 404 counts, and a warning says what is missing", async () => {
  const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
  onTestFinished(() => warn.mockRestore());
  setup.hub.misbehave = ({ file }, response) => {
    if (file === prompts)
      return Boolean(response.writeHead(404, setup.hub.missingFileHeaders).end());
    return file === fileList && Boolean(response.writeHead(500).end());
  };
  expect(await loadPrompts()).toEqual({ query: "", document: "" });
  expect(warn).toHaveBeenCalledWith(
    expect.stringContaining("without prompts"),
    expect.objectContaining({ code: "EMBEDDINGGEMMA_NO_PROMPTS" }),
  );
});

test("a file that the file list confirms missing is requested only once", async () => {
  setup.hub.misbehave = ({ file }, response) => {
    if (file === prompts)
      return Boolean(response.writeHead(404, setup.hub.missingFileHeaders).end());
    const siblings = [{ rfilename: "config.json" }];
    return file === fileList && Boolean(response.end(JSON.stringify({ siblings })));
  };
  expect(await loadPrompts()).toEqual({ query: "", document: "" });
  expect(await loadPrompts()).toEqual({ query: "", document: "" });
  expect(setup.hub.countOf("GET", fileList)).toBe(1);
  expect(setup.hub.countOf("GET", prompts)).toBe(1);
});

test("the error for a missing ONNX file lists those of the repository", async () => {
  await expect(setup.load({ dtype: "q8" })).rejects.toMatchObject({
    code: "MODEL_FILE_MISSING",
    message: expect.stringMatching(
      /no onnx\/model_quantized\.onnx, .* It has onnx\/model\.onnx \(set dtype: "fp32"\)\./,
    ),
  });
  expect(setup.hub.countOf("GET", weights)).toBe(0);
  setup.hub.misbehave = ({ file }, response) =>
    file === fileList && Boolean(response.writeHead(500).end());
  await expect(setup.load({ dtype: "q8" })).rejects.toMatchObject({
    code: "MODEL_FILE_MISSING",
    message: expect.stringMatching(/the file of dtype q8\.$/),
  });
});

test("a repository with weights for PyTorch alone is pointed to the export", async () => {
  await setup.serveChanged(async (folder) => {
    await rm(join(folder, "onnx"), { recursive: true });
    await writeFile(join(folder, "model.safetensors"), "weights");
  });
  for (const options of [{ dtype: "q8" }, { dtype: "auto" }, { modelFile: "a" }] as const) {
    await expect(setup.load({ dtype: undefined, ...options })).rejects.toMatchObject({
      code: "MODEL_FILE_MISSING",
      message: expect.stringMatching(/weights for PyTorch, but no ONNX files\. Export it/),
    });
  }
  expect(setup.hub.countOf("GET", "model.safetensors")).toBe(0);
});

test.for(["RepoNotFound", "RevisionNotFound"])(
  "%s means that the model does not exist",
  async (code) => {
    setup.hub.misbehave = (_request, response) =>
      Boolean(
        response.writeHead(code === "RepoNotFound" ? 401 : 404, { "x-error-code": code }).end(),
      );
    await expect(loadPrompts()).rejects.toMatchObject({ code: "MODEL_NOT_FOUND" });
  },
);

test("a gated repository asks for a token", async () => {
  setup.hub.misbehave = (_request, response) =>
    Boolean(response.writeHead(403, { "x-error-code": "GatedRepo" }).end());
  await expect(loadPrompts()).rejects.toMatchObject({
    code: "DOWNLOAD_FAILED",
    message: expect.stringContaining("set HF_TOKEN"),
  });
});

test("a repository with a known conversion to ONNX is pointed to it", async () => {
  const { hub, cacheDir } = setup;
  const loadFromHub = (model: string) =>
    Embedder.load(model, { dtype: "fp32", endpoint: hub.endpoint, cacheDir });
  const advice = 'load "onnx-community/embeddinggemma-300m-ONNX", which needs no token.';
  const pointed = { message: expect.stringContaining(advice) };
  await expect(loadFromHub("google/embeddinggemma-300m")).rejects.toMatchObject(pointed);
  await expect(loadFromHub("owner/other")).rejects.not.toMatchObject(pointed);
  const respondWith = (status: number, code: string) => {
    hub.misbehave = (_request, response) =>
      Boolean(response.writeHead(status, { "x-error-code": code }).end());
  };
  respondWith(403, "GatedRepo");
  await expect(loadFromHub("google/embeddinggemma-300m")).rejects.toMatchObject(pointed);
  // A private fine-tune may have the same name.
  respondWith(401, "RepoNotFound");
  await expect(loadFromHub("acme/embeddinggemma-300m")).rejects.not.toMatchObject(pointed);
  respondWith(404, "RevisionNotFound");
  await expect(loadFromHub("google/embeddinggemma-300m")).rejects.not.toMatchObject(pointed);
});
