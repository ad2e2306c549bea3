import { EmbeddingGemmaError, reasonOf } from "../errors.ts";
import { remedyOf } from "./import-remedy.ts";

export type Transformers = typeof import("@huggingface/transformers");

/**
 * Transformers.js, with the runtime that executes models.
 *
 * @throws `LOAD_FAILED` if it cannot be started
 */
export function importTransformers(): Promise<Transformers> {
  return started(
    hasOtherGlobals()
      ? async () => requireHere()("@huggingface/transformers") as Transformers
      : () => import("@huggingface/transformers"),
  );
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
 * - ONNX Runtime 1.21, which Transformers.js 3 uses, ends the process if two threads load it.
 * - The application has forbidden Transformers.js to read local files (`env.allowLocalModels`).
 *   These settings belong to the application, so they are not changed.
 *
 * @see https://github.com/huggingface/transformers.js/issues/1292
 */
export async function needsProcess(): Promise<boolean> {
  if (buildForThreads() !== undefined) return true;
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
function requireHere(): NodeJS.Require {
  const { runInThisContext } = process.getBuiltinModule("node:vm");
  const { getBuiltinModule } = runInThisContext("process") as NodeJS.Process;
  return getBuiltinModule("node:module").createRequire(import.meta.url);
}

let threadBuild: string | undefined | null = null;

/**
 * URL of the build without the runtime, if this is a thread of Node and Transformers.js 3 is
 * installed; else undefined. Even loading its runtime, without using it, can end the process.
 */
function buildForThreads(): string | undefined {
  if (threadBuild === null) threadBuild = findBuildForThreads();
  return threadBuild;
}

function findBuildForThreads(): string | undefined {
  if (!isThreadOfNode()) return undefined;
  const { dirname, join } = process.getBuiltinModule("node:path");
  const { pathToFileURL } = process.getBuiltinModule("node:url");
  const require = requireHere();
  try {
    const folder = dirname(require.resolve("@huggingface/transformers"));
    const { version } = require(join(folder, "../package.json")) as { version: string };
    if (!version.startsWith("3.")) return undefined;
    return pathToFileURL(join(folder, "transformers.js")).href;
  } catch {
    // Transformers.js is not installed, or it is part of a bundle.
    return undefined;
  }
}

function isThreadOfNode(): boolean {
  const { versions, getBuiltinModule } = globalThis.process ?? {};
  if (!versions?.node || versions.bun || versions.deno || !getBuiltinModule) return false;
  return !getBuiltinModule("node:worker_threads").isMainThread;
}
