import { EmbeddingGemmaError, reasonOf } from "../errors.ts";
import { remedyOf } from "./import-remedy.ts";

export type Transformers = typeof import("@huggingface/transformers");

/**
 * Transformers.js, with the runtime that executes models.
 *
 * @throws `LOAD_FAILED` if it cannot be started
 */
export function importTransformers(): Promise<Transformers> {
  return started(async () => {
    const url: string | undefined = import.meta.url; // esbuild has none in CommonJS.
    if (url !== undefined && hasOtherGlobals())
      return createRequireOf(url)("@huggingface/transformers") as Transformers;
    loadNativeModules();
    return import("@huggingface/transformers");
  });
}

/**
 * Transformers.js for its tokenizers. In a thread that must not load the runtime, it is the build
 * without it.
 *
 * @throws `LOAD_FAILED` if it cannot be started
 */
export function importTokenizers(): Promise<Pick<Transformers, "PreTrainedTokenizer">> {
  const build = buildForThreads();
  if (build === undefined) return importTransformers();
  return started(() => import(/* webpackIgnore: true */ /* @vite-ignore */ build));
}

/**
 * Whether a model in a local folder can only run in another process:
 *
 * - ONNX Runtime ends the process if two threads use it (1.21, of Transformers.js 3), or if a
 *   thread that uses it is terminated (1.30, of Transformers.js 4).
 * - The application has forbidden Transformers.js to read local files (`env.allowLocalModels`).
 *   These settings belong to the application, so they are not changed.
 *
 * @see https://github.com/huggingface/transformers.js/issues/1292
 */
export async function needsProcess(): Promise<boolean> {
  if (isThread()) return true;
  const { env } = await importTransformers();
  return !env.allowLocalModels;
}

async function started<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new EmbeddingGemmaError(
      "LOAD_FAILED",
      `Transformers.js, which runs the model, could not be started: ${firstLineOf(cause)}. ` +
        remedyOf(cause),
      {},
      { cause },
    );
  }
}

/** Further lines list the modules on the way to the missing one, or advice that may not apply. */
function firstLineOf(error: unknown): string {
  return reasonOf(error).split("\n")[0]!.replace(/[.:]$/, "");
}

/**
 * Whether this code runs in a VM context with classes of its own, as in Jest and in Vitest's
 * `vmThreads`. Native modules return the classes of Node, and such a context may not have
 * `import()`. So Transformers.js is loaded outside of it.
 */
function hasOtherGlobals(): boolean {
  const getBuiltin: unknown = globalThis.process?.getBuiltinModule;
  return typeof getBuiltin === "function" && !(getBuiltin instanceof Function);
}

/** Node's own `require`. A test runner may replace `createRequire`, but not in the main context. */
function createRequireOf(file: string): NodeJS.Require {
  const { runInThisContext } = process.getBuiltinModule("node:vm");
  const { getBuiltinModule } = runInThisContext("process") as NodeJS.Process;
  return getBuiltinModule("node:module").createRequire(file);
}

/**
 * URL of the build without the runtime, if this is a thread of Node; else undefined. It is part of
 * Transformers.js 3 and 4.
 */
function buildForThreads(): string | undefined {
  const release = isThread() ? installedRelease() : undefined; // none in a bundle
  if (release === undefined) return undefined;
  const { dirname, join } = process.getBuiltinModule("node:path");
  const { pathToFileURL } = process.getBuiltinModule("node:url");
  return pathToFileURL(join(dirname(release.file), "transformers.js")).href;
}

/**
 * Loads the native modules of Transformers.js 3 before itself. If one of them fails while Node 20
 * imports Transformers.js, the error ends the process, since it is also an unhandled rejection.
 */
function loadNativeModules(): void {
  const release = installedRelease();
  if (!release?.version.startsWith("3.")) return;
  const load = createRequireOf(release.file);
  for (const name of ["onnxruntime-node", "sharp"]) load(name);
}

interface Release {
  /** Path of the main file. */
  readonly file: string;
  readonly version: string;
}

/** The release of Transformers.js in Node; undefined if it is not found, or in a bundle. */
function installedRelease(): Release | undefined {
  const url: string | undefined = import.meta.url; // esbuild has none in CommonJS.
  // A test runner that runs the sources may resolve modules in its own way.
  if (!isNode() || url === undefined || url.endsWith(".ts")) return undefined;
  const { dirname, join } = process.getBuiltinModule("node:path");
  const load = createRequireOf(url);
  try {
    const file = load.resolve("@huggingface/transformers");
    const { version } = load(join(dirname(file), "../package.json")) as { version: string };
    return { file, version };
  } catch {
    return undefined;
  }
}

/** Whether this is a worker thread of Node. */
function isThread(): boolean {
  return isNode() && !process.getBuiltinModule("node:worker_threads").isMainThread;
}

/** Whether this is Node, with the way in which this file loads its modules. */
function isNode(): boolean {
  const { versions, getBuiltinModule } = globalThis.process ?? {};
  return !!(versions?.node && !versions.bun && !versions.deno && getBuiltinModule);
}
