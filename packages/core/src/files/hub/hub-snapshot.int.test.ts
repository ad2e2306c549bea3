import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { moveWeightsOut } from "../../../test-support/external-data.ts";
import { HubServer } from "../../../test-support/hub-server.ts";
import { Embedder } from "../../embedder.ts";
import type { LoadOptions } from "../../options.ts";
import type { DownloadProgress } from "../model-folder.ts";

const fixture = fileURLToPath(
  new URL("../../../../../test/fixtures/embeddinggemma", import.meta.url),
);
const model = "owner/model";
const weights = "onnx/model.onnx";

let hub: HubServer;
let cacheDir: string;

beforeEach(async () => {
  hub = await HubServer.start(model, fixture);
  cacheDir = await mkdtemp(join(tmpdir(), "hub-cache-"));
  for (const variable of ["HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_DISABLE_IMPLICIT_TOKEN"])
    vi.stubEnv(variable, undefined);
  vi.stubEnv("HF_HOME", join(cacheDir, "home"));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await hub[Symbol.asyncDispose]();
  await rm(cacheDir, { recursive: true });
});

function load(options: LoadOptions = {}): Promise<Embedder> {
  return Embedder.load(model, { dtype: "fp32", endpoint: hub.endpoint, cacheDir, ...options });
}

async function loadAndEncode(options: LoadOptions = {}): Promise<Float32Array> {
  await using embedder = await load(options);
  return embedder.encodeQuery("Which planet is known as the Red Planet?");
}

/** Lets the Hub have another repository: a copy of the fixture, changed. */
async function serve(change: (folder: string) => Promise<void>): Promise<void> {
  const folder = join(cacheDir, "repository");
  await cp(fixture, folder, { recursive: true });
  await change(folder);
  await hub[Symbol.asyncDispose]();
  hub = await HubServer.start(model, folder);
}

const snapshot = (file: string) =>
  join(cacheDir, "models--owner--model", "snapshots", hub.commit, file);

describe("a repository on the Hub", () => {
  test("gives the vectors of the same files in a folder", async () => {
    await using local = await Embedder.load(fixture, { dtype: "fp32" });
    expect(await loadAndEncode()).toEqual(
      await local.encodeQuery("Which planet is known as the Red Planet?"),
    );
  });

  test("is laid out in the cache as Python's huggingface_hub does", async () => {
    await loadAndEncode();
    expect(await readFile(join(cacheDir, "models--owner--model", "refs", "main"), "utf8")).toBe(
      hub.commit,
    );
    expect((await stat(snapshot(weights))).size).toBe((await stat(join(fixture, weights))).size);
  });

  test("is downloaded once: a second load asks for the commit and nothing else", async () => {
    await loadAndEncode();
    hub.requests.length = 0;
    await loadAndEncode();
    expect(hub.requests.map(({ method, file }) => `${method} ${file}`)).toEqual([
      "HEAD config.json",
    ]);
  });

  test("is downloaded once by concurrent loads", async () => {
    const [first, second] = await Promise.all([load(), load()]);
    expect(hub.countOf("GET", weights)).toBe(1);
    await first.dispose();
    await expect(second.encodeQuery("still there")).resolves.toHaveLength(768);
    await second.dispose();
  });

  test("reports bytes and totals of every file", async () => {
    const events: DownloadProgress[] = [];
    await loadAndEncode({ onDownloadProgress: (event) => events.push(event) });
    const { size } = await stat(join(fixture, weights));
    const ofWeights = events.filter(({ file }) => file === weights);
    expect(ofWeights[0]).toEqual({ file: weights, loaded: 0, total: size });
    expect(ofWeights.at(-1)).toEqual({ file: weights, loaded: size, total: size });
    expect(new Set(events.map(({ file }) => file))).toContain("tokenizer.json");
  });

  test("takes a commit as revision without asking which it is", async () => {
    await loadAndEncode({ revision: hub.commit });
    expect(hub.requests.some(({ method }) => method === "HEAD")).toBe(false);
  });
});

describe("the token", () => {
  test("goes to the Hub and not to the storage that it redirects to", async () => {
    await loadAndEncode({ token: "hf_secret" });
    const tokens = (storage: boolean) =>
      new Set(
        hub.requests
          .filter((request) => request.storage === storage)
          .map(({ authorization }) => authorization),
      );
    expect(tokens(false)).toEqual(new Set(["Bearer hf_secret"]));
    expect(tokens(true)).toEqual(new Set([undefined]));
  });

  test.for([
    { token: undefined, advice: "set HF_TOKEN or the option `token`" },
    { token: "hf_wrong", advice: "The token is wrong" },
  ])("$token refused with 401 is an error that says so", async ({ token, advice }) => {
    hub.misbehave = (_request, response) => Boolean(response.writeHead(401).end());
    await expect(load(token ? { token } : {})).rejects.toMatchObject({
      code: "DOWNLOAD_FAILED",
      details: { status: 401 },
      message: expect.stringContaining(advice),
    });
    expect(hub.requests).toHaveLength(1);
  });
});

test("a token with a line break behind it is taken without", async () => {
  await loadAndEncode({ token: "hf_secret\n" });
  expect(hub.requests[0]!.authorization).toBe("Bearer hf_secret");
});

describe("the token that hf auth login has saved", () => {
  const tokenOf = async (options: LoadOptions = {}) => {
    await load(options).then((embedder) => embedder.dispose());
    return hub.requests[0]!.authorization;
  };

  beforeEach(async () => {
    await mkdir(join(cacheDir, "home"));
    await writeFile(join(cacheDir, "home", "token"), "hf_saved\n");
    await writeFile(join(cacheDir, "elsewhere"), "hf_elsewhere");
  });

  test("is used", async () => {
    expect(await tokenOf()).toBe("Bearer hf_saved");
  });

  test("lies where HF_TOKEN_PATH says", async () => {
    vi.stubEnv("HF_TOKEN_PATH", join(cacheDir, "elsewhere"));
    expect(await tokenOf()).toBe("Bearer hf_elsewhere");
  });

  test("gives way to HF_TOKEN, and that to the option", async () => {
    vi.stubEnv("HF_TOKEN", "hf_environment");
    expect(await tokenOf()).toBe("Bearer hf_environment");
    hub.requests.length = 0;
    expect(await tokenOf({ token: "hf_option" })).toBe("Bearer hf_option");
  });

  test("is not used where HF_HUB_DISABLE_IMPLICIT_TOKEN forbids it", async () => {
    vi.stubEnv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1");
    expect(await tokenOf()).toBeUndefined();
  });
});

describe("what is not there", () => {
  test("an unknown repository", async () => {
    await expect(
      Embedder.load("owner/other", { endpoint: hub.endpoint, cacheDir }),
    ).rejects.toMatchObject({
      code: "MODEL_NOT_FOUND",
      message: expect.stringContaining("owner/other"),
    });
  });

  test("a dtype that the repository lacks, before anything large is fetched", async () => {
    await expect(load({ dtype: "q4" })).rejects.toMatchObject({
      code: "MODEL_FILE_MISSING",
      details: { file: "onnx/model_q4.onnx" },
    });
    expect(hub.countOf("GET", weights)).toBe(0);
  });
});

describe("a failing network", () => {
  const failTwice: [
    string,
    (response: import("node:http").ServerResponse, size: number) => void,
  ][] = [
    ["429", (response) => response.writeHead(429, { "retry-after": "0" }).end()],
    ["500", (response) => response.writeHead(500, { "retry-after": "0" }).end()],
    [
      "a connection dropped in the middle",
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

  test.for(failTwice)("%s, twice, is overcome", async ([, fail]) => {
    const { size } = await stat(join(fixture, weights));
    hub.misbehave = ({ file, storage }, response, attempt) => {
      if (file !== weights || !storage || attempt > 4) return false;
      fail(response, size);
      return true;
    };
    expect(await loadAndEncode()).toHaveLength(768);
    const [downloaded, original] = await Promise.all([
      readFile(snapshot(weights)),
      readFile(join(fixture, weights)),
    ]);
    expect(downloaded.equals(original)).toBe(true);
  });

  test("that never recovers is an error with address, cause and remedy, and leaves nothing behind", async () => {
    hub.misbehave = ({ file }, response) =>
      file === weights && Boolean(response.writeHead(503, { "retry-after": "0" }).end());
    await expect(load()).rejects.toMatchObject({
      code: "DOWNLOAD_FAILED",
      details: { attempts: 4, status: 503 },
      message: expect.stringMatching(/onnx\/model\.onnx in 4 attempts: .*503.*HF_ENDPOINT/s),
    });
    expect(await readdir(snapshot("."), { recursive: true })).not.toContainEqual(
      expect.stringContaining("onnx"),
    );
    hub.misbehave = () => false;
    expect(await loadAndEncode()).toHaveLength(768);
  });

  test.for<[string, (response: import("node:http").ServerResponse) => unknown]>([
    ["that is down", (response) => response.destroy()],
    ["that answers 503", (response) => response.writeHead(503).end()],
    ["that answers 429", (response) => response.writeHead(429).end()],
    ["that answers nothing", () => {}],
  ])("%s is no hindrance to a model in the cache", async ([, fail]) => {
    vi.stubEnv("HF_HUB_DOWNLOAD_TIMEOUT", "0.3");
    const expected = await loadAndEncode();
    hub.misbehave = (_request, response) => {
      fail(response);
      return true;
    };
    expect(await loadAndEncode()).toEqual(expected);
    await expect(load({ dtype: "q8" })).rejects.toMatchObject({
      code: "MODEL_FILE_MISSING",
      message: expect.stringMatching(
        /model_quantized\.onnx .* not in the cache .* cannot be reached.* It has fp32/,
      ),
    });
  });

  test("that drops the connection again and again is overcome, each attempt going on where the last one ended", async () => {
    const content = await readFile(join(fixture, weights));
    const step = Math.ceil(content.length / 5);
    hub.misbehave = ({ file, storage, range }, response) => {
      if (file !== weights || !storage) return false;
      const start = Number(range?.match(/\d+/)?.[0] ?? 0);
      if (start + step >= content.length) return false;
      response.writeHead(start > 0 ? 206 : 200, {
        "content-length": content.length - start,
        ...(start > 0 && {
          "content-range": `bytes ${start}-${content.length - 1}/${content.length}`,
        }),
      });
      // A moment for the client to take what has come: an error throws away what waits.
      response.write(content.subarray(start, start + step), () =>
        setTimeout(() => response.destroy(), 100),
      );
      return true;
    };
    expect(await loadAndEncode()).toHaveLength(768);
    expect((await readFile(snapshot(weights))).equals(content)).toBe(true);
    const ranges = hub.requests
      .filter(({ file, storage }) => file === weights && storage)
      .map(({ range }) => range);
    expect(ranges).toHaveLength(5);
    expect(new Set(ranges).size).toBe(5);
  }, 60_000);

  test("that stops in the middle of a file is overcome", async () => {
    vi.stubEnv("HF_HUB_DOWNLOAD_TIMEOUT", "0.3");
    const { size } = await stat(join(fixture, weights));
    let stops = 0;
    hub.misbehave = ({ file, storage }, response) => {
      if (file !== weights || !storage || stops++ > 0) return false;
      response.writeHead(200, { "content-length": size });
      response.write(Buffer.alloc(1000));
      return true;
    };
    expect(await loadAndEncode()).toHaveLength(768);
  });

  describe("that breaks off a load for good", () => {
    const rangesOfWeights = () =>
      hub.requests
        .filter(({ file, storage }) => file === weights && storage)
        .map(({ range }) => range);
    const leftovers = async () =>
      (await readdir(snapshot("onnx"))).filter(
        (name) => name !== "model.onnx" && !name.endsWith(".onnx_data"),
      );

    test.for([{ by: "giving up" }, { by: "the end of its process" }])(
      "by $by is gone on with by the next one",
      async ({ by }) => {
        const content = await readFile(join(fixture, weights));
        const { pid } = spawnSync(process.execPath, ["--version"]);
        const left = by === "giving up" ? "" : `.${hostname().replaceAll(/[^\w-]/g, "-")}.${pid}.0`;
        await mkdir(snapshot("onnx"), { recursive: true });
        await writeFile(`${snapshot(weights)}${left}.incomplete`, content.subarray(0, 1000));
        await writeFile(
          `${snapshot(weights)}.elsewhere.1.0.incomplete`,
          "another machine is at it",
        );
        expect(await loadAndEncode()).toHaveLength(768);
        expect(rangesOfWeights()).toEqual(["bytes=1000-"]);
        expect((await readFile(snapshot(weights))).equals(content)).toBe(true);
        expect(await leftovers()).toEqual(["model.onnx.elsewhere.1.0.incomplete"]);
      },
    );

    test("by an abort is gone on with by the next one", async () => {
      const content = await readFile(join(fixture, weights));
      const controller = new AbortController();
      hub.misbehave = ({ file, storage }, response) => {
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
      await vi.waitFor(async () => expect(await leftovers()).toEqual(["model.onnx.incomplete"]));
      hub.misbehave = () => false;
      hub.requests.length = 0;
      expect(await loadAndEncode()).toHaveLength(768);
      expect(rangesOfWeights()).toEqual(["bytes=100000-"]);
      expect(await leftovers()).toEqual([]);
    });

    test("and left other bytes than the Hub's is overcome", async () => {
      await mkdir(snapshot("onnx"), { recursive: true });
      await writeFile(`${snapshot(weights)}.incomplete`, Buffer.alloc(1000));
      await writeFile(`${snapshot("tokenizer.json")}.incomplete`, "no beginning of a tokenizer");
      expect(await loadAndEncode()).toHaveLength(768);
      expect(rangesOfWeights()).toEqual(["bytes=1000-", undefined]);
      expect(await leftovers()).toEqual([]);
    });
  });

  test("without a model in the cache is an error", async () => {
    const nobodyListens = "http://127.0.0.1:9";
    await expect(load({ endpoint: nobodyListens })).rejects.toMatchObject({
      code: "DOWNLOAD_FAILED",
    });
  });
});

describe("the cache", () => {
  test("is not written to where it has all that is needed, so it may be read-only", async () => {
    await loadAndEncode();
    const listing = async () => {
      const files = await readdir(cacheDir, { recursive: true, withFileTypes: true });
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

  test("that cannot be written to is an error that says where and what to do", async () => {
    await mkdir(join(cacheDir, "models--owner--model"));
    await writeFile(join(cacheDir, "models--owner--model", "snapshots"), "in the way");
    await expect(load()).rejects.toMatchObject({
      code: "DOWNLOAD_FAILED",
      message: expect.stringMatching(/Could not write .*snapshots.*`cacheDir`/),
    });
  });

  test("stays in its folder whatever the repository says", async () => {
    await serve(async (folder) => {
      const modules = JSON.parse(await readFile(join(folder, "modules.json"), "utf8"));
      modules[1].path = "../../../../elsewhere";
      await writeFile(join(folder, "modules.json"), JSON.stringify(modules));
    });
    await expect(load()).rejects.toMatchObject({
      code: "MODEL_FILE_INVALID",
      message: expect.stringContaining("folder of the repository"),
    });
    hub.misbehave = ({ file }, response) =>
      file === "config.json" &&
      Boolean(response.writeHead(200, { "x-repo-commit": "../../../outside" }).end("{}"));
    await load({ revision: "main" }).catch(() => {});
    expect(await readdir(join(cacheDir, "models--owner--model", "snapshots"))).not.toContainEqual(
      expect.stringContaining("outside"),
    );
    expect(await readdir(join(cacheDir, ".."))).not.toContain("outside");
  });
});

test("a mirror that does not tell the commit is refused, unless the caller or the cache does", async () => {
  const forgetful = (
    request: { method: string; file: string },
    response: import("node:http").ServerResponse,
  ) =>
    request.method === "HEAD" &&
    request.file === "config.json" &&
    Boolean(response.writeHead(200).end());
  hub.misbehave = forgetful;
  await expect(load()).rejects.toMatchObject({
    code: "DOWNLOAD_FAILED",
    message: expect.stringMatching(/x-repo-commit.*`revision` to a commit/),
  });
  expect(await readdir(cacheDir)).toEqual([]);
  const expected = await loadAndEncode({ revision: hub.commit });
  hub.misbehave = () => false;
  await loadAndEncode();
  hub.misbehave = forgetful;
  expect(await loadAndEncode()).toEqual(expected);
});

test("an error in the caller's onDownloadProgress is the caller's", async () => {
  const mistake = new TypeError("not a function");
  const onDownloadProgress = () => {
    throw mistake;
  };
  await expect(load({ onDownloadProgress })).rejects.toBe(mistake);
  expect(hub.countOf("GET", "config.json")).toBe(1);
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
  test("uses the cache and asks nobody", async () => {
    const expected = await loadAndEncode();
    hub.requests.length = 0;
    expect(await loadAndEncode({ localFilesOnly: true })).toEqual(expected);
    expect(hub.requests).toEqual([]);
  });

  test("without a model in the cache says what to do", async () => {
    await expect(load({ localFilesOnly: true })).rejects.toMatchObject({
      code: "MODEL_NOT_FOUND",
      message: expect.stringContaining("Load it once with a network"),
    });
  });
});

describe("a damaged file in the cache", () => {
  test("is fetched anew, once", async () => {
    const expected = await loadAndEncode();
    const content = await readFile(snapshot(weights));
    await writeFile(snapshot(weights), content.subarray(0, content.length / 2));
    hub.requests.length = 0;
    expect(await loadAndEncode()).toEqual(expected);
    expect(hub.countOf("GET", weights)).toBe(1);
  });

  test.for(["config.json", "modules.json", "1_Pooling/config.json", "tokenizer.json"])(
    "is fetched anew, once, if it is %s",
    async (file) => {
      const expected = await loadAndEncode();
      await writeFile(snapshot(file), '{"half":');
      hub.requests.length = 0;
      expect(await loadAndEncode()).toEqual(expected);
      expect(hub.countOf("GET", file)).toBe(1);
    },
  );

  test("is fetched anew if it has the weights beside the graph", async () => {
    const expected = await loadAndEncode();
    await serve((folder) => moveWeightsOut(join(folder, weights)));
    const otherCache = { cacheDir: join(cacheDir, "other") };
    expect(await loadAndEncode(otherCache)).toEqual(expected);
    const data = snapshot(`${weights}_data`).replace(cacheDir, otherCache.cacheDir);
    const content = await readFile(data);
    await writeFile(data, content.subarray(0, content.length / 2));
    hub.requests.length = 0;
    expect(await loadAndEncode(otherCache)).toEqual(expected);
    expect(hub.countOf("GET", `${weights}_data`)).toBe(1);
    expect(hub.countOf("GET", weights)).toBe(0);
  });

  test("is not suspected where loading fails for another reason", async () => {
    await loadAndEncode();
    hub.requests.length = 0;
    await expect(load({ device: "quantum" })).rejects.toMatchObject({ code: "LOAD_FAILED" });
    expect(hub.countOf("GET", weights)).toBe(0);
  });

  test("is not suspected for long where the Hub is down, and the first error is told", async () => {
    await loadAndEncode({ revision: hub.commit });
    hub.requests.length = 0;
    hub.misbehave = (_request, response) => Boolean(response.writeHead(503).end());
    const loading = load({ revision: hub.commit, device: "quantum" });
    await expect(loading).rejects.toMatchObject({
      code: "LOAD_FAILED",
      message: expect.stringContaining("quantum"),
    });
    expect(hub.requests.map(({ method }) => method)).toEqual(["HEAD"]);
  });

  test("stays until another has come, and is not fetched anew where a mirror tells its length alone", async () => {
    await loadAndEncode({ revision: hub.commit });
    const content = await readFile(snapshot(weights));
    hub.misbehave = ({ method, file }, response) => {
      if (file !== weights) return false;
      response.writeHead(method === "HEAD" ? 200 : 403, { "content-length": content.length }).end();
      return true;
    };
    const { length } = hub.requests;
    await expect(load({ revision: hub.commit, device: "quantum" })).rejects.toMatchObject({
      code: "LOAD_FAILED",
    });
    expect(hub.requests.slice(length).map(({ method }) => method)).toEqual(["HEAD"]);
    await writeFile(snapshot(weights), content.subarray(1));
    await expect(load({ revision: hub.commit })).rejects.toMatchObject({ code: "LOAD_FAILED" });
    expect(hub.requests.at(-1)).toMatchObject({ method: "GET", file: weights });
    expect((await readFile(snapshot(weights))).equals(content.subarray(1))).toBe(true);
  });

  test("that cannot be fetched anew is an error that names it", async () => {
    await loadAndEncode();
    await writeFile(snapshot(weights), "not a model");
    await expect(load({ localFilesOnly: true })).rejects.toMatchObject({
      code: "LOAD_FAILED",
      message: expect.stringContaining(hub.commit),
    });
  });
});

describe("abort", () => {
  test("ends a download that hangs, with the signal's reason", async () => {
    const controller = new AbortController();
    const reason = new Error("no longer wanted");
    hub.misbehave = ({ file }) => {
      if (file !== weights) return false;
      controller.abort(reason);
      return true;
    };
    await expect(load({ signal: controller.signal })).rejects.toBe(reason);
  });

  test("of one caller leaves the others' load alone", async () => {
    const controller = new AbortController();
    const aborted = load({ signal: controller.signal });
    const other = load();
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ name: "AbortError" });
    await using embedder = await other;
    expect(await embedder.encode("text")).toHaveLength(768);
  });
});
