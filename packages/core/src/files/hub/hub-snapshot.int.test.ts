import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fixture, setUpHub, weights } from "../../../test-support/hub-setup.ts";
import { Embedder } from "../../embedder.ts";
import type { DownloadProgress } from "../model-folder.ts";

const setup = setUpHub();
const { cached, load, loadAndEncode } = setup;

describe("a repository on the Hub", () => {
  test("gives the same vectors as its files in a local folder", async () => {
    await using local = await Embedder.load(fixture, { dtype: "fp32" });
    expect(await loadAndEncode()).toEqual(
      await local.encodeQuery("Which planet is known as the Red Planet?"),
    );
  });

  test("is cached in the layout of Python's huggingface_hub", async () => {
    await loadAndEncode();
    expect(
      await readFile(join(setup.cacheDir, "models--owner--model", "refs", "main"), "utf8"),
    ).toBe(setup.hub.commit);
    expect((await stat(cached(weights))).size).toBe((await stat(join(fixture, weights))).size);
  });

  test("is downloaded once: a second load only requests the commit", async () => {
    await loadAndEncode();
    setup.hub.requests.length = 0;
    await loadAndEncode();
    expect(setup.hub.requests.map(({ method, file }) => `${method} ${file}`)).toEqual([
      "HEAD config.json",
    ]);
  });

  test("is downloaded once by concurrent loads", async () => {
    const [first, second] = await Promise.all([load(), load()]);
    expect(setup.hub.countOf("GET", weights)).toBe(1);
    await first.dispose();
    await expect(second.encodeQuery("still there")).resolves.toHaveLength(768);
    await second.dispose();
  });

  test("reports the progress of every file", async () => {
    const events: DownloadProgress[] = [];
    await loadAndEncode({ onDownloadProgress: (event) => events.push(event) });
    const { size } = await stat(join(fixture, weights));
    const ofWeights = events.filter(({ file }) => file === weights);
    expect(ofWeights[0]).toEqual({ file: weights, loaded: 0, total: size });
    expect(ofWeights.at(-1)).toEqual({ file: weights, loaded: size, total: size });
    expect(new Set(events.map(({ file }) => file))).toContain("tokenizer.json");
  });

  test("needs no request for the commit if the revision is one", async () => {
    await loadAndEncode({ revision: setup.hub.commit });
    expect(setup.hub.requests.some(({ method }) => method === "HEAD")).toBe(false);
  });
});

describe("something that does not exist is an error", () => {
  test("an unknown repository", async () => {
    await expect(
      Embedder.load("owner/other", { endpoint: setup.hub.endpoint, cacheDir: setup.cacheDir }),
    ).rejects.toMatchObject({
      code: "MODEL_NOT_FOUND",
      message: expect.stringContaining("owner/other"),
    });
  });

  test("a dtype that the repository lacks, before anything large is downloaded", async () => {
    await expect(load({ dtype: "q4" })).rejects.toMatchObject({
      code: "MODEL_FILE_MISSING",
      details: { file: "onnx/model_q4.onnx" },
    });
    expect(setup.hub.countOf("GET", weights)).toBe(0);
  });
});

describe("the cache", () => {
  test("is not written to if it is complete, so it can be read-only", async () => {
    await loadAndEncode();
    const listing = async () => {
      const files = await readdir(setup.cacheDir, { recursive: true, withFileTypes: true });
      return Promise.all(
        files.map(async (file) => [
          file.name,
          (await stat(join(file.parentPath, file.name))).mtimeMs,
        ]),
      );
    };
    const before = await listing();
    await loadAndEncode();
    expect(await listing()).toEqual(before);
  });

  test("that is not writable is an error that says where and what to do", async () => {
    await mkdir(join(setup.cacheDir, "models--owner--model"));
    await writeFile(join(setup.cacheDir, "models--owner--model", "snapshots"), "in the way");
    await expect(load()).rejects.toMatchObject({
      code: "DOWNLOAD_FAILED",
      message: expect.stringMatching(/Could not write .*snapshots.*`cacheDir`/),
    });
  });

  test("never writes outside of its folder, whatever the repository contains", async () => {
    await setup.serveChanged(async (folder) => {
      const modules = JSON.parse(await readFile(join(folder, "modules.json"), "utf8"));
      modules[1].path = "../../../../elsewhere";
      await writeFile(join(folder, "modules.json"), JSON.stringify(modules));
    });
    await expect(load()).rejects.toMatchObject({
      code: "MODEL_FILE_INVALID",
      message: expect.stringContaining("folder of the repository"),
    });
    setup.hub.misbehave = ({ file }, response) =>
      file === "config.json" &&
      Boolean(response.writeHead(200, { "x-repo-commit": "../../../outside" }).end("{}"));
    await load({ revision: "main" }).catch(() => {});
    expect(
      await readdir(join(setup.cacheDir, "models--owner--model", "snapshots")),
    ).not.toContainEqual(expect.stringContaining("outside"));
    expect(await readdir(join(setup.cacheDir, ".."))).not.toContain("outside");
  });
});

test("a mirror that does not send the commit is refused, unless it is known", async () => {
  const forgetful = (request: { method: string; file: string }, response: ServerResponse) =>
    request.method === "HEAD" &&
    request.file === "config.json" &&
    Boolean(response.writeHead(200).end());
  setup.hub.misbehave = forgetful;
  await expect(load()).rejects.toMatchObject({
    code: "DOWNLOAD_FAILED",
    message: expect.stringMatching(/x-repo-commit.*`revision` to a commit/),
  });
  expect(await readdir(setup.cacheDir)).toEqual([]);
  const expected = await loadAndEncode({ revision: setup.hub.commit });
  setup.hub.misbehave = () => false;
  await loadAndEncode();
  setup.hub.misbehave = forgetful;
  expect(await loadAndEncode()).toEqual(expected);
});

test("an error in onDownloadProgress rejects the load", async () => {
  const mistake = new TypeError("not a function");
  const onDownloadProgress = () => {
    throw mistake;
  };
  await expect(load({ onDownloadProgress })).rejects.toBe(mistake);
  expect(setup.hub.countOf("GET", "config.json")).toBe(1);
});

test.for(["not a URL", "huggingface.co", "ftp://huggingface.co"])(
  "the endpoint %j is refused",
  async (endpoint) => {
    await expect(load({ endpoint })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("HF_ENDPOINT"),
    });
  },
);

describe("localFilesOnly", () => {
  test("uses the cache and sends no requests", async () => {
    const expected = await loadAndEncode();
    setup.hub.requests.length = 0;
    expect(await loadAndEncode({ localFilesOnly: true })).toEqual(expected);
    expect(setup.hub.requests).toEqual([]);
  });

  test("is an error with advice if the model is not in the cache", async () => {
    await expect(load({ localFilesOnly: true })).rejects.toMatchObject({
      code: "MODEL_NOT_FOUND",
      message: expect.stringContaining("Load it once while online"),
    });
  });
});

describe("abort", () => {
  test("ends a stalled download with the signal's reason", async () => {
    const controller = new AbortController();
    const reason = new Error("no longer wanted");
    setup.hub.misbehave = ({ file }) => {
      if (file !== weights) return false;
      controller.abort(reason);
      return true;
    };
    await expect(load({ signal: controller.signal })).rejects.toBe(reason);
  });

  test("of one caller does not affect the others", async () => {
    const controller = new AbortController();
    const aborted = load({ signal: controller.signal });
    const other = load();
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ name: "AbortError" });
    await using embedder = await other;
    expect(await embedder.encode("text")).toHaveLength(768);
  });
});
