import { env } from "@huggingface/transformers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { setUpHub } from "../../../test-support/hub-setup.ts";
import { provideGraph } from "../../model/provide-files.ts";
import { graphFileOfDtype } from "../../runtime/graph-file.ts";
import { openWebFolder } from "./web-folder.ts";

const prompts = "config_sentence_transformers.json";
const fileList = "(file list)";
const q8 = graphFileOfDtype("q8");

const before = { useCustomCache: env.useCustomCache, customCache: env.customCache };
const setup = setUpHub();
let cached: Map<string, Response>;

beforeEach(() => {
  cached = new Map();
  env.useCustomCache = true;
  env.customCache = {
    match: async (url: string) => cached.get(url)?.clone(),
    put: async (url: string, response: Response) => {
      cached.set(url, new Response(await response.blob(), { headers: response.headers }));
    },
  };
});

afterEach(() => {
  Object.assign(env, before);
});

/** Reads the prompts as a browser does that loads the model. */
async function readPrompts(): Promise<string | null> {
  const folder = await openWebFolder("owner/model", { endpoint: setup.hub.endpoint });
  return folder.read(prompts, true);
}

/** Responds to requests for the prompts with a 404 and these headers, at most `times` times. */
function respondWith404(headers: Record<string, string>, times = Number.POSITIVE_INFINITY): void {
  setup.hub.misbehave = ({ file }, response, attempt) =>
    file === prompts && attempt <= times && Boolean(response.writeHead(404, headers).end());
}

test("a proxy's 404 is an error at once and is not remembered", async () => {
  respondWith404({ "content-type": "text/html" }, 1);
  await expect(readPrompts()).rejects.toMatchObject({
    code: "DOWNLOAD_FAILED",
    details: { status: 404 },
  });
  expect(setup.hub.countOf("GET", prompts)).toBe(1);
  expect(await readPrompts()).toContain("task: search result");
});

test("a file in the file list that the server never finds is an error", async () => {
  respondWith404(setup.hub.missingFileHeaders);
  await expect(readPrompts()).rejects.toMatchObject({
    code: "DOWNLOAD_FAILED",
    details: { file: prompts },
  });
});

test("a file that the file list does not have is missing, and can appear later", async () => {
  setup.hub.misbehave = ({ file }, response) => {
    if (file === prompts)
      return Boolean(response.writeHead(404, setup.hub.missingFileHeaders).end());
    const siblings = [{ rfilename: "config.json" }];
    return file === fileList && Boolean(response.end(JSON.stringify({ siblings })));
  };
  expect(await readPrompts()).toBeNull();
  setup.hub.misbehave = () => false;
  expect(await readPrompts()).toContain("task: search result");
});

test("the error for a missing ONNX file lists those of the repository", async () => {
  const folder = await openWebFolder("owner/model", { endpoint: setup.hub.endpoint });
  await expect(provideGraph("owner/model", folder, q8, true)).rejects.toMatchObject({
    code: "MODEL_FILE_MISSING",
    message: expect.stringMatching(
      /no onnx\/model_quantized\.onnx, .* It has onnx\/model\.onnx \(set dtype: "fp32"\)\./,
    ),
  });
});

test("a server that is not a Hub lists no files", async () => {
  const url = `${setup.hub.endpoint}/owner/model/resolve/main`;
  const folder = await openWebFolder(url, {});
  expect(await folder.list()).toEqual([]);
  const messageOf = (isNamed: boolean) =>
    provideGraph(url, folder, q8, isNamed).catch(({ code, message }) => `${code}: ${message}`);
  expect(await messageOf(true)).toBe(
    `MODEL_FILE_MISSING: ${JSON.stringify(url)} has no onnx/model_quantized.onnx, the file of ` +
      'dtype q8. Other files may be there, such as onnx/model.onnx (set dtype: "fp32") or ' +
      'onnx/model_q4.onnx (set dtype: "q4"). Without `dtype`, the best one that is there is ' +
      "loaded.",
  );
  expect(await messageOf(false)).toMatch(
    /q8\. Nor does it have the file of another dtype that fits the device\. Add/,
  );
});
