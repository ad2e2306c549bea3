import { pathToFileURL } from "node:url";

/** The URL of a CommonJS bundle that has this code. esbuild leaves it no `import.meta.url`. */
export function bundleUrl(): string {
  return pathToFileURL(__filename).href;
}
