import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { packPackage } from "../packages/tarballs.ts";

/** Inside `node_modules`, so that the packed package finds its dependencies. */
const cacheFolder = fileURLToPath(new URL("../../node_modules/.cache", import.meta.url));

/** A folder with the packed core and the page, ready for bundling. */
export class PageSources {
  readonly folder: string;

  constructor() {
    mkdirSync(cacheFolder, { recursive: true });
    this.folder = mkdtempSync(join(cacheFolder, "browser-"));
    const installed = join(this.folder, "node_modules/@embeddinggemma/core");
    mkdirSync(installed, { recursive: true });
    const tarball = packPackage("core", this.folder);
    execFileSync("tar", [
      "--extract",
      "--strip-components=1",
      "--file",
      tarball,
      "--directory",
      installed,
    ]);
    for (const file of ["index.html", "page.ts"]) {
      cpSync(fileURLToPath(new URL(file, import.meta.url)), join(this.folder, file));
    }
  }

  /**
   * Bundles the page with Vite, as an application does.
   *
   * @param transformers - the package to use as `@huggingface/transformers`
   * @returns the folder of the bundle, and Vite's warnings
   */
  async bundle(transformers: string): Promise<{ folder: string; warnings: string[] }> {
    const folder = join(this.folder, `bundle-${transformers.replaceAll("/", "-")}`);
    const warnings: string[] = [];
    await build({
      root: this.folder,
      configFile: false,
      logLevel: "silent",
      resolve: { alias: { "@huggingface/transformers": transformers } },
      build: {
        outDir: folder,
        target: "es2022",
        reportCompressedSize: false,
        chunkSizeWarningLimit: 10_000,
        rolldownOptions: {
          checks: { pluginTimings: false },
          onLog: (level, { message }) => void (level === "warn" && warnings.push(message)),
        },
      },
    });
    return { folder, warnings };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
