import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { run } from "../testing/run-program.ts";

let application: string;

beforeEach(async () => {
  application = await mkdtemp(join(tmpdir(), "build-faiss-"));
});

afterEach(() => rm(application, { recursive: true }));

it("compiles a broken addon anew, in an application of pnpm", { timeout: 120_000 }, async () => {
  const addon = await installWithoutScripts();
  await writeFile(sourceOf(addon), quickSource);
  await mkdir(dirname(addon), { recursive: true });
  await writeFile(addon, "a broken addon");
  const compiled = await run(["build-faiss", application]);
  expect(compiled).toMatchObject({ code: 0, output: expect.stringContaining("was compiled in") });
  expect(compiled.errors).toContain("there is no binary to download");

  const { code, output } = await run(["build-faiss", application, "--json"]);
  expect({ code, ...JSON.parse(output) }).toEqual({ code: 0, addon, state: "working" });
});

it("says how to install faiss-node if it is missing", async () => {
  const { code, errors } = await run(["build-faiss", application]);
  expect(code).toBe(1);
  expect(errors).toContain(`faiss-node is not installed in ${application}`);
  expect(errors).toContain("npm install faiss-node");
});

it("passes on what the compiler says", async () => {
  const addon = await installWithoutScripts();
  await writeFile(sourceOf(addon), "#error no such thing\n");
  const { code, errors } = await run(["build-faiss", application]);
  expect(code).toBe(1);
  expect(errors).toContain("no such thing");
  expect(errors).toContain("Install a C++ compiler");
});

/** The source from which an addon is compiled. */
function sourceOf(addon: string): string {
  return join(dirname(addon), "../../src/faiss.cc");
}

/**
 * An addon with the answers that tell a working one. It compiles in no time; the test of the set-up
 * compiles the true one.
 */
const quickSource = `
  #include <node_api.h>
  extern "C" __attribute__((visibility("default")))
  napi_value napi_register_module_v1(napi_env env, napi_value) {
    napi_value script, exports;
    napi_create_string_utf8(env, "({ IndexFlatIP: class { add() {} search() {"
      "return { labels: [1, 0], distances: [0.8, 0.6] }; } } })", NAPI_AUTO_LENGTH, &script);
    napi_run_script(env, script, &exports);
    return exports;
  }
`;

/** Links faiss-node as pnpm does, without its addon and its installer. Returns the addon's path. */
async function installWithoutScripts(): Promise<string> {
  const modules = join(application, "node_modules");
  const store = join(modules, ".pnpm", "faiss-node@0.5.1", "node_modules");
  const require = createRequire(import.meta.url);
  const folderOf = (name: string) => dirname(require.resolve(`${name}/package.json`));
  await mkdir(store, { recursive: true });
  const build = join(folderOf("faiss-node"), "build");
  await cp(folderOf("faiss-node"), join(store, "faiss-node"), {
    recursive: true,
    filter: (path) => path !== build,
  });
  for (const name of ["bindings", "node-addon-api", "file-uri-to-path"])
    await symlink(folderOf(name), join(store, name));
  await symlink(join(store, "faiss-node"), join(modules, "faiss-node"));
  return join(store, "faiss-node", "build", "Release", "faiss-node.node");
}
