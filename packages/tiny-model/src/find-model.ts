import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const name = "@embeddinggemma/tiny-model";

/**
 * The folder of the model: beside the folder of the code or, if a bundler has moved the code, in
 * the package as the bundle or the working directory would load it.
 *
 * @param moduleUrl - `import.meta.url`; undefined in a CommonJS bundle of esbuild
 * @throws Error if the package is not installed there
 */
export function findModel(moduleUrl: string | undefined): string {
  const file = pathOf(moduleUrl);
  // Not `new URL("../model", import.meta.url)`, which bundlers take for a file to bundle.
  const own = file && join(dirname(file), "..", "model");
  const elsewhere = [file, process.argv[1], join(process.cwd(), "package.json")].map(installedFor);
  for (const folder of [own, ...elsewhere])
    if (folder && existsSync(join(folder, "modules.json"))) return folder;
  throw new Error(
    `The files of ${name} are not in ${own ?? "a folder beside its code"}. A bundler has moved ` +
      "the code, but not the files, and the package is not installed here. Keep the package out " +
      "of the bundle, so that it is loaded from node_modules: `externals` in webpack, `external` " +
      "in esbuild and Rollup, `ssr.external` in Vite, `serverExternalPackages` in Next.js. Or " +
      "copy the folder `model` of the package, and load it by its own path.",
  );
}

function pathOf(url: string | undefined): string | undefined {
  try {
    return fileURLToPath(url!);
  } catch {
    return undefined;
  }
}

/** The model of the package that a file would import. */
function installedFor(file: string | undefined): string | undefined {
  try {
    return join(dirname(createRequire(file!).resolve(`${name}/package.json`)), "model");
  } catch {
    return undefined;
  }
}
