import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { modelPath } from "@embeddinggemma/tiny-model";
import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { HubServer } from "../../../core/test-support/hub-server.ts";
import { run } from "../testing/run-program.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { version } from "../version.ts";

/** Each test starts several processes, one of which loads a model. */
const timeout = 120_000;

let folder: string;

beforeAll(async () => {
  folder = await temporaryFolder();
});

afterEach(() => {
  vi.unstubAllEnvs();
});

beforeEach(() => {
  for (const variable of ["HF_TOKEN", "HF_HUB_CACHE", "EMBEDDINGGEMMA_MODEL", "HTTPS_PROXY"])
    vi.stubEnv(variable, undefined);
  vi.stubEnv("HF_HOME", join(folder, "home"));
  vi.stubEnv("HF_ENDPOINT", "http://127.0.0.1:9"); // Nothing listens there.
});

it("finds no problem where all is well, and needs no Hub", { timeout }, async () => {
  const { code, output, errors } = await run(["doctor", folder, "--model", "tiny"]);
  expect({ code, errors }).toEqual({ code: 0, errors: "Found no problems and 1 warning.\n" });
  const lines = output.split("\n");
  expect(lines[0]).toBe(`✔ Node.js ${process.versions.node}`);
  expect(output).toMatch(/✔ @huggingface\/transformers \S+, onnxruntime-node \S+: they load\n/);
  expect(output).toMatch(/✔ faiss-node loads: /);
  expect(output).toMatch(/! Hub: .*127\.0\.0\.1:9.*\n {2}→ What is here, loads\.\n/);
  expect(output).toMatch(/✔ cache: \S+home\S+hub, 0 models, 0 B; .* free\n/);
  expect(output).toMatch(/✔ model: the tiny model: .*, loaded in .* s, a query in .* ms\n/);
});

it("finds all that is broken, and says what to do", { timeout }, async () => {
  const application = join(folder, "broken");
  const { version } = await import("../version.ts");
  await install(application, "@embeddinggemma/core", "9.9.9", "throw new Error('no such binary')");
  await install(application, "@embeddinggemma/langchain", version, "");
  const langchain = join(application, "node_modules/@embeddinggemma/langchain");
  await install(langchain, "@embeddinggemma/core", version, "");
  await install(application, "faiss-node", "0.5.1", "throw new Error('no addon')");
  vi.stubEnv("EMBEDDINGGEMMA_MODEL", "some/model"); // Not downloaded, since it is not a flag.
  vi.stubEnv("HTTPS_PROXY", "http://proxy.example");
  vi.stubEnv("HF_HUB_CACHE", join(application, "node_modules/faiss-node/index.js/hub"));

  const { code, output, errors } = await run(["doctor", application, "--json"]);
  expect({ code, errors }).toEqual({ code: 1, errors: "Found 4 problems and 1 warning.\n" });
  const findings = Object.fromEntries(
    (JSON.parse(output) as { check: string }[]).map(({ check, ...finding }) => [check, finding]),
  );
  const containing = (status: string, summary: string, advice: string) => ({
    status,
    summary: expect.stringContaining(summary),
    advice: expect.stringContaining(advice),
  });
  expect(findings).toMatchObject({
    node: { status: "fine" },
    packages: containing("warning", "2 copies of @embeddinggemma/core: 9.9.9 in", "npm dedupe"),
    runtime: containing("problem", "no such binary", "errors.md#load_failed"),
    faiss: containing("problem", "no addon", "npx embeddinggemma build-faiss"),
    gpu: { status: "fine" },
    hub: containing("problem", "127.0.0.1:9", "NODE_USE_ENV_PROXY"),
    cache: containing("problem", "cannot be written", "HF_HUB_CACHE"),
    model: {
      status: "fine",
      summary: expect.stringContaining("since some/model is not in the cache"),
    },
  });
});

it("says how to install ONNX Runtime where its install script has failed", {
  timeout,
}, async () => {
  const application = join(folder, "without-runtime");
  await install(application, "@embeddinggemma/core", "9.9.9", "");
  await install(application, "@embeddinggemma/ai-sdk", "9.9.9", "");
  await install(application, "@embeddinggemma/tiny-model", "9.9.9", "");
  await install(application, "@huggingface/transformers", "4.0.0", "");
  const { code, output } = await run(["doctor", application, "--offline"]);
  expect(code).toBe(1);
  expect(output).toContain(
    `✔ embeddinggemma ${version}; @embeddinggemma packages 9.9.9: core, ai-sdk, tiny-model\n`,
  );
  expect(output).toMatch(
    /✖ onnxruntime-node is not installed, which \S+transformers 4\.0\.0 needs\n {2}→ .*=skip/,
  );
});

it("looks at the commit that is in the cache, such as that of a store", { timeout }, async () => {
  await using hub = await HubServer.start("owner/model", modelPath);
  vi.stubEnv("HF_ENDPOINT", hub.endpoint);
  vi.stubEnv("HF_HOME", join(folder, "home-of-a-commit"));
  const model = ["--model", "owner/model", "--revision", hub.commit];
  expect(await run(["similarity", "a", "b", ...model])).toMatchObject({ code: 0 });
  vi.stubEnv("EMBEDDINGGEMMA_MODEL", "owner/model");
  const { code, output } = await run(["doctor", folder]);
  expect(output).toMatch(/✔ model: owner\/model: q8, correct vectors, /);
  expect(code).toBe(0);
  const other = await run(["doctor", folder, "--dtype", "fp32"]);
  expect(other.output).toContain(
    "– model: not tried, since owner/model is not in the cache with these flags\n",
  );
});

it("needs a folder that is there", async () => {
  const { code, errors } = await run(["doctor", join(folder, "none")]);
  expect(code).toBe(1);
  expect(errors).toContain(`error: There is no folder ${join(folder, "none")}.\n`);
});

/** Makes a package that has only a version and an entry. */
async function install(folder: string, name: string, version: string, code: string) {
  const path = join(folder, "node_modules", name);
  await mkdir(dirname(path), { recursive: true });
  await mkdir(path);
  await writeFile(join(path, "package.json"), JSON.stringify({ name, version }));
  await writeFile(join(path, "index.js"), code);
}
