import { cp, mkdir, mkdtemp, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as tsdown from "tsdown";
import { oncePerRun } from "../../../vitest.once.ts";
import packageBuilds from "../tsdown.config.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);

/**
 * Installs a build of these sources in a new folder, with the release of Transformers.js under
 * test. It has to be a build, since a worker starts from a file and resolves its modules as Node
 * does.
 *
 * @param parent - folder of the application's folder
 * @returns the folder of an application, and that of the package in it
 */
export async function installCore(parent: string): Promise<{ folder: string; installed: string }> {
  const folder = await mkdtemp(join(parent, "app-"));
  const installed = join(folder, "node_modules", "@embeddinggemma", "core");
  await cp(await buildCore(), join(installed, "dist"), { recursive: true });
  await cp(join(root, "package.json"), join(installed, "package.json"));
  const transformers =
    process.env.TRANSFORMERS_MAJOR === "4" ? "transformers-v4" : "@huggingface/transformers";
  for (const [name, source] of [
    ["@huggingface/transformers", transformers],
    ["@noble/hashes", "@noble/hashes/sha2.js"],
    ["lru-cache", "lru-cache"],
  ] as const) {
    const link = join(folder, "node_modules", name);
    await mkdir(join(link, ".."), { recursive: true });
    await symlink(packageFolder(source), link);
  }
  return { folder, installed };
}

/**
 * Builds these sources, once for all test files of a run.
 *
 * @returns the folder `dist`
 */
function buildCore(): Promise<string> {
  const sources = [join(root, "src"), join(root, "../internal/src")];
  return oncePerRun("core", sources, async (folder) => {
    const dist = join(folder, "dist");
    for (const build of packageBuilds) {
      await tsdown.build({
        ...build,
        config: false,
        cwd: root,
        outDir: dist,
        dts: false,
        clean: false,
        logLevel: "silent",
      });
    }
    return dist;
  });
}

function packageFolder(module: string): string {
  const name = module
    .split("/")
    .slice(0, module.startsWith("@") ? 2 : 1)
    .join("/");
  const file = require.resolve(module);
  const end = file.lastIndexOf(join("node_modules", name)) + join("node_modules", name).length;
  return file.slice(0, end);
}
