import { cpSync, mkdirSync, mkdtempSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("..", import.meta.url));
const load = createRequire(import.meta.url);

/**
 * Makes an application with these benchmarks and release 4 of Transformers.js. Node resolves
 * packages from the real path of a file. So the benchmarks and the embedder are copied, and what
 * they need is linked.
 *
 * @returns its folder, to be removed by the caller, and that of `model.mjs` in it
 */
export function applicationWithRelease4() {
  const root = mkdtempSync(join(tmpdir(), "bench-"));
  const filter = (path) => !/^(peers|results)\b/.test(relative(here, path));
  cpSync(here, join(root, "bench"), { recursive: true, filter });
  const core = join(root, "node_modules/@embeddinggemma/core");
  cpSync(join(packageFolder("@embeddinggemma/core"), "dist"), join(core, "dist"), {
    recursive: true,
  });
  cpSync(join(packageFolder("@embeddinggemma/core"), "package.json"), join(core, "package.json"));
  link(root, "@huggingface/transformers", packageFolder("transformers-v4"));
  for (const name of ["@embeddinggemma/faiss", "@embeddinggemma/tiny-model"])
    link(root, name, packageFolder(name));
  const { dependencies } = load(join(core, "package.json"));
  for (const name of Object.keys(dependencies)) {
    if (name !== "@huggingface/transformers") link(root, name, packageFolder(name));
  }
  return { root, folder: join(root, "bench/files") };
}

function link(root, name, target) {
  const path = join(root, "node_modules", name);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path, "junction");
}

function packageFolder(name) {
  for (const folder of load.resolve.paths(name)) {
    try {
      return dirname(load.resolve(join(folder, name, "package.json")));
    } catch {}
  }
  throw new Error(`${name} is not installed. Run \`npm run setup\` first.`);
}
