import { mkdir, open, readdir, readFile, symlink, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { modelPath } from "@embeddinggemma/tiny-model";
import { afterEach, beforeAll, expect, it, vi } from "vitest";
import { HubServer } from "../../../core/test-support/hub-server.ts";
import { run } from "../testing/run-program.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";
let cacheDir: string;
let snapshot: string;

afterEach(() => {
  vi.unstubAllEnvs();
});

beforeAll(async () => {
  cacheDir = await temporaryFolder();
  const model = join(cacheDir, "models--google--gemma");
  snapshot = join(model, "snapshots", commit);
  await write(join(model, "blobs", "weights"), 1_234_567);
  await write(join(model, "blobs", "next.incomplete"), 2_000);
  await write(join(model, ".embeddinggemma", "weights.bin"), 3_000_000);
  await mkdir(join(snapshot, "onnx"), { recursive: true });
  await symlink("../../../blobs/weights", join(snapshot, "onnx", "model_quantized.onnx"));
  await symlink("../../blobs/gone", join(snapshot, "config.json"));
  await mkdir(join(model, "refs"));
  await writeFile(join(model, "refs", "main"), commit);
});

it("lists models with what there is of them", async () => {
  const { output, errors } = await run(["models", "--cache-dir", cacheDir]);
  expect(output).toMatch(/^google\/gemma {2}4.2 MB, last used \d{4}-\d\d-\d\d\n/);
  expect(output).toContain("main 0123456  q8  2 files, 1 of them links to files that are gone\n");
  expect(output).toContain("unfinished: blobs/next.incomplete, 2.0 kB\n");
  expect(output).toContain("computed from its files: 3.0 MB\n");
  expect(errors).toBe(`1 model, 4.2 MB, in ${cacheDir}\n`);

  expect((await run(["models", "list", "--cache-dir", cacheDir])).output).toBe(output);

  const json = await run(["models", "list", "--cache-dir", cacheDir, "--json"]);
  const [model] = JSON.parse(json.output).models;
  expect(model).toMatchObject({ id: "google/gemma", size: 4_236_607, computedSize: 3_000_000 });
  expect(model.revisions).toMatchObject([{ commit, references: ["main"], dtypes: ["q8"] }]);
});

it("stops before anything is done, and says so", async () => {
  const signal = AbortSignal.abort();
  const stopped = await run(["embed", "Mars", "--model", "tiny"], { signal });
  expect(stopped).toMatchObject({ code: 130, output: "", errors: "Stopped.\n" });
});

it("says with which command a model is downloaded that is not in the cache", async () => {
  const offline = ["embed", "Mars", "--offline", "--cache-dir", cacheDir];
  const chosen = ["--model", "owner/none", "--dtype", "q4", "--revision", "v1"];
  const { code, errors } = await run([...offline, ...chosen]);
  expect(code).toBe(1);
  expect(errors).toContain("downloads are disabled. --offline or HF_HUB_OFFLINE is set. ");
  const command = "models download owner/none --dtype q4 --revision v1 --cache-dir";
  expect(errors).toContain(`run \`embeddinggemma ${command} ${cacheDir}\`,`);
  const adapter = await run([...offline, "--model", "tiny", "--adapter", "owner/adapter"]);
  expect(adapter.errors).toContain("While online, run the command once, which downloads the ad");
});

it("offers the tiny model only where it does", async () => {
  const offers = async (...argv: string[]) => {
    const { code, errors } = await run([...argv, "--cache-dir", cacheDir]);
    expect(code).toBe(1);
    return errors.includes("add --model tiny.");
  };
  vi.stubEnv("EMBEDDINGGEMMA_MODEL", "");
  expect(await offers("embed", "Mars", "--offline")).toBe(true);
  expect(await offers("embed", "Mars", "--offline", "--dtype", "q4")).toBe(false);
  expect(await offers("embed", "Mars", "--offline", "--revision", "v1")).toBe(false);
  expect(await offers("embed", "Mars", "--offline", "--adapter", "owner/adapter")).toBe(false);
  vi.stubEnv("HF_HUB_OFFLINE", "1");
  expect(await offers("models", "download")).toBe(false);
});

it("removes only the model that it is told, and only when it is told", async () => {
  const flags = ["--cache-dir", cacheDir];
  const wrong = await run(["models", "remove", "google/gemna", "--yes", ...flags]);
  expect(wrong).toMatchObject({ code: 1, errors: expect.stringContaining('"google/gemma"?') });
  const unasked = await run(["models", "remove", "google/gemma", ...flags]);
  expect(unasked).toMatchObject({ code: 2, errors: expect.stringContaining("Add --yes") });
  for (const input of ["n\n", "\n", ""]) {
    const { code, errors } = await run(["models", "remove", "google/gemma", ...flags], {
      input,
      interactive: true,
    });
    expect(code).toBe(0);
    expect(errors).toMatch(
      /^Delete .*models--google--gemma, 4.2 MB\? \[y\/N\] Nothing was deleted/,
    );
  }
  expect(await readdir(cacheDir)).toEqual(["models--google--gemma"]);

  const removed = await run(["models", "remove", "google/gemma", ...flags], {
    input: "y\n",
    interactive: true,
  });
  expect(removed).toMatchObject({ code: 0, output: "Deleted google/gemma: 4.2 MB are free.\n" });
  expect(await readdir(cacheDir)).toEqual([]);
  const gone = await run(["models", "remove", "google/gemma", "--yes", ...flags]);
  expect(gone).toMatchObject({ code: 1, errors: expect.stringContaining("It has no models") });
  const { output, errors } = await run(["models", ...flags]);
  expect({ output, errors }).toEqual({
    output: "",
    errors: `There are no models in ${cacheDir}.\n`,
  });
});

it("takes --offline, which a list does not need", async () => {
  const cacheDir = await temporaryFolder();
  for (const list of [[], ["list"]])
    expect(await run(["models", ...list, "--offline", "--cache-dir", cacheDir])).toMatchObject({
      code: 0,
    });
  const argv = ["models", "download", "owner/model", "--offline", "--cache-dir", cacheDir];
  const { code, errors } = await run(argv);
  expect(code).toBe(1);
  expect(errors).toContain("--offline or HF_HUB_OFFLINE is set.");
});

it("downloads a model, which then loads offline", async () => {
  await using hub = await HubServer.start("owner/model", modelPath);
  vi.stubEnv("HF_ENDPOINT", hub.endpoint);
  const flags = ["--cache-dir", join(cacheDir, "downloads")];
  const { output, errors } = await run(["models", "download", "owner/model", "--json", ...flags]);
  expect(errors).toBe(
    `Downloading owner/model: tokenizer.json, 1.1 MB, to ${flags[1]}\n` +
      `Downloading owner/model: onnx/model_quantized.onnx, 9.8 MB, to ${flags[1]}\n`,
  );
  expect(JSON.parse(output)).toMatchObject({ id: "owner/model", dtype: "q8" });
  const { length } = hub.requests;
  const texts = ["--model", "owner/model", "--offline", "a", "b"];
  expect(await run(["similarity", ...texts, ...flags])).toMatchObject({ code: 0, errors: "" });
  expect(hub.requests).toHaveLength(length);

  const main = await readFile(join(flags[1]!, "models--owner--model/refs/main"), "utf8");
  const graph = `models--owner--model/snapshots/${main}/onnx/model_quantized.onnx`;
  const file = await open(join(flags[1]!, graph), "r+");
  await file.write(Buffer.alloc(2_000_000), 0, undefined, 4_000_000);
  await file.close();
  const damaged = await run(["models", "download", "owner/model", ...flags]);
  const typed = flags.join(" ");
  expect(damaged.code).toBe(1);
  expect(damaged.errors).toContain(
    "error: owner/model gives wrong vectors. Its files are damaged, or this device computes " +
      `wrongly. Download them again: \`embeddinggemma models remove owner/model ${typed}\`, then ` +
      `\`embeddinggemma models download owner/model ${typed}\`.\n`,
  );

  const local = await run(["models", "download", modelPath, ...flags]);
  expect(local).toMatchObject({ code: 1, errors: expect.stringContaining("is a folder") });
  const tiny = await run(["models", "download", "tiny", ...flags]);
  expect(tiny).toMatchObject({ code: 0, errors: "The tiny model comes with this program.\n" });
});

async function write(path: string, size: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, "");
  await truncate(path, size);
}
