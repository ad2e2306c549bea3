import { spawn, spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { fixture, setUpHub, weights } from "../../../test-support/hub-setup.ts";
import type { DownloadProgress } from "../model-folder.ts";

const setup = setUpHub();
const { cached, load, loadAndEncode } = setup;

describe("a failing network", () => {
  const failTwice: [string, (response: ServerResponse, size: number) => void][] = [
    ["429", (response) => response.writeHead(429, { "retry-after": "0" }).end()],
    ["500", (response) => response.writeHead(500, { "retry-after": "0" }).end()],
    [
      "a connection that breaks",
      (response, size) => {
        response.writeHead(200, { "content-length": size });
        response.write(Buffer.alloc(1000), () => response.destroy());
      },
    ],
    [
      "a body that is too short",
      (response) => response.writeHead(200, { "content-length": 10 }).end(Buffer.alloc(10)),
    ],
    [
      "a body of the right size with other bytes",
      (response, size) => response.writeHead(200).end(Buffer.alloc(size)),
    ],
  ];

  test.for(failTwice)("%s, twice, does not fail the load", async ([, fail]) => {
    const { size } = await stat(join(fixture, weights));
    setup.hub.misbehave = ({ file, storage }, response, attempt) => {
      if (file !== weights || !storage || attempt > 4) return false;
      fail(response, size);
      return true;
    };
    expect(await loadAndEncode()).toHaveLength(768);
    const [downloaded, original] = await Promise.all([
      readFile(cached(weights)),
      readFile(join(fixture, weights)),
    ]);
    expect(downloaded.equals(original)).toBe(true);
  });

  test("that never recovers is an error with advice, and leaves no file behind", async () => {
    setup.hub.misbehave = ({ file }, response) =>
      file === weights && Boolean(response.writeHead(503, { "retry-after": "0" }).end());
    await expect(load()).rejects.toMatchObject({
      code: "DOWNLOAD_FAILED",
      details: { attempts: 4, status: 503 },
      message: expect.stringMatching(/onnx\/model\.onnx in 4 attempts: .*503.*HF_ENDPOINT/s),
    });
    expect(await readdir(cached("."), { recursive: true })).not.toContainEqual(
      expect.stringContaining("onnx"),
    );
    setup.hub.misbehave = () => false;
    expect(await loadAndEncode()).toHaveLength(768);
  });

  test.for<[string, (response: ServerResponse) => unknown]>([
    ["that is down", (response) => response.destroy()],
    ["that responds with 503", (response) => response.writeHead(503).end()],
    ["that responds with 429", (response) => response.writeHead(429).end()],
    ["behind a proxy that responds with 404", (response) => response.writeHead(404).end()],
    ["that does not respond", () => {}],
  ])("%s does not stop a model in the cache from loading", async ([, fail]) => {
    vi.stubEnv("HF_HUB_DOWNLOAD_TIMEOUT", "0.3");
    const expected = await loadAndEncode();
    setup.hub.misbehave = (_request, response) => {
      fail(response);
      return true;
    };
    expect(await loadAndEncode()).toEqual(expected);
    await expect(load({ dtype: "q8" })).rejects.toMatchObject({
      code: "MODEL_FILE_MISSING",
      message: expect.stringMatching(
        /model_quantized\.onnx .* not in the cache .* cannot be reached.* It has .*dtype: "fp32"/,
      ),
    });
  });

  test("that keeps breaking the connection: each attempt resumes the download", async () => {
    const content = await readFile(join(fixture, weights));
    const step = Math.ceil(content.length / 5);
    setup.hub.misbehave = ({ file, storage, range }, response) => {
      if (file !== weights || !storage) return false;
      const start = Number(range?.match(/\d+/)?.[0] ?? 0);
      if (start + step >= content.length) return false;
      response.writeHead(start > 0 ? 206 : 200, {
        "content-length": content.length - start,
        ...(start > 0 && {
          "content-range": `bytes ${start}-${content.length - 1}/${content.length}`,
        }),
      });
      // Give the client time to read: an error discards what is still buffered.
      response.write(content.subarray(start, start + step), () =>
        setTimeout(() => response.destroy(), 100),
      );
      return true;
    };
    expect(await loadAndEncode()).toHaveLength(768);
    expect((await readFile(cached(weights))).equals(content)).toBe(true);
    const ranges = setup.hub.requests
      .filter(({ file, storage }) => file === weights && storage)
      .map(({ range }) => range);
    expect(ranges).toHaveLength(5);
    expect(new Set(ranges).size).toBe(5);
  }, 60_000);

  test("that stalls in the middle of a file does not fail the load", async () => {
    vi.stubEnv("HF_HUB_DOWNLOAD_TIMEOUT", "0.3");
    const { size } = await stat(join(fixture, weights));
    let stops = 0;
    setup.hub.misbehave = ({ file, storage }, response) => {
      if (file !== weights || !storage || stops++ > 0) return false;
      response.writeHead(200, { "content-length": size });
      response.write(Buffer.alloc(1000));
      return true;
    };
    expect(await loadAndEncode()).toHaveLength(768);
  });

  test("is an error without a model in the cache", async () => {
    const unreachable = "http://127.0.0.1:9";
    await expect(load({ endpoint: unreachable })).rejects.toMatchObject({
      code: "DOWNLOAD_FAILED",
    });
  });
});

describe("a failed download", () => {
  const rangesOfWeights = () =>
    setup.hub.requests
      .filter(({ file, storage }) => file === weights && storage)
      .map(({ range }) => range);
  const leftovers = async () =>
    (await readdir(cached("onnx"))).filter(
      (name) => name !== "model.onnx" && !name.endsWith(".onnx_data"),
    );

  test.for([{ end: "an error" }, { end: "the end of its process" }])(
    "is resumed after $end",
    async ({ end }) => {
      const content = await readFile(join(fixture, weights));
      const { pid } = spawnSync(process.execPath, ["--version"]);
      const left = end === "an error" ? "" : `.${hostname().replaceAll(/[^\w-]/g, "-")}.${pid}.0`;
      await mkdir(cached("onnx"), { recursive: true });
      await writeFile(`${cached(weights)}${left}.incomplete`, content.subarray(0, 1000));
      await writeFile(
        `${cached(weights)}.elsewhere.1.0.incomplete`,
        "a download on another machine",
      );
      expect(await loadAndEncode()).toHaveLength(768);
      expect(rangesOfWeights()).toEqual(["bytes=1000-"]);
      expect((await readFile(cached(weights))).equals(content)).toBe(true);
      expect(await leftovers()).toEqual(["model.onnx.elsewhere.1.0.incomplete"]);
    },
  );

  test("is deleted if its process ends during the next one", async () => {
    const content = await readFile(join(fixture, weights));
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"]);
    const left = `${hostname().replaceAll(/[^\w-]/g, "-")}.${child.pid}.0`;
    await mkdir(cached("onnx"), { recursive: true });
    await writeFile(`${cached(weights)}.${left}.incomplete`, content.subarray(0, 1000));
    setup.hub.misbehave = ({ file, storage }, response) => {
      if (file !== weights || !storage) return false;
      child.once("exit", () => response.writeHead(200).end(content));
      child.kill("SIGKILL");
      return true;
    };
    await loadAndEncode();
    expect(rangesOfWeights()).toEqual([undefined]);
    expect(await leftovers()).toEqual([]);
  });

  test("is resumed after an abort", async () => {
    const content = await readFile(join(fixture, weights));
    const controller = new AbortController();
    setup.hub.misbehave = ({ file, storage }, response) => {
      if (file !== weights || !storage) return false;
      response
        .writeHead(200, { "content-length": content.length })
        .write(content.subarray(0, 100_000));
      return true;
    };
    const onDownloadProgress = ({ file, loaded }: DownloadProgress) => {
      if (file === weights && loaded === 100_000) controller.abort();
    };
    await expect(load({ signal: controller.signal, onDownloadProgress })).rejects.toMatchObject({
      name: "AbortError",
    });
    await expect.poll(leftovers).toEqual(["model.onnx.incomplete"]);
    setup.hub.misbehave = () => false;
    setup.hub.requests.length = 0;
    expect(await loadAndEncode()).toHaveLength(768);
    expect(rangesOfWeights()).toEqual(["bytes=100000-"]);
    expect(await leftovers()).toEqual([]);
  });

  test("starts again if its bytes are wrong", async () => {
    await mkdir(cached("onnx"), { recursive: true });
    await writeFile(`${cached(weights)}.incomplete`, Buffer.alloc(1000));
    await writeFile(`${cached("tokenizer.json")}.incomplete`, "not the beginning of a tokenizer");
    expect(await loadAndEncode()).toHaveLength(768);
    expect(rangesOfWeights()).toEqual(["bytes=1000-", undefined]);
    expect(await leftovers()).toEqual([]);
  });
});
