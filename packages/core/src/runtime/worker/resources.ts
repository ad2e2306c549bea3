import { readFileSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { availableParallelism, freemem, platform, totalmem } from "node:os";
import { join } from "node:path";
import type { ReadableFolder } from "../load-tokenizer.ts";
import type { TransformersBackendOptions } from "../transformers-backend.ts";
import type { Resources } from "./plan-sessions.ts";

/** What this machine has, and what a session of this model needs. */
export async function resourcesFor(
  folder: ReadableFolder,
  options: TransformersBackendOptions,
): Promise<Resources> {
  const { intraOpNumThreads } = options.sessionOptions ?? {};
  return {
    cores: availableCores(),
    freeMemory: freeMemory(),
    sessionMemory: (await bytesOf(folder, options)) * memoryPerByte + memoryOfBatch,
    threads: typeof intraOpNumThreads === "number" ? intraOpNumThreads : undefined,
  };
}

/** Memory that a session takes for each byte of its files (`test/bench/README.md`). */
const memoryPerByte = 1;

/** Memory of a process with a small model, while it runs a batch of 1,024 tokens. */
const memoryOfBatch = 150 * 2 ** 20;

/** Size of the files with the graph and its weights; infinite if one of them cannot be read. */
async function bytesOf(
  folder: ReadableFolder,
  { graphFile, preparedGraph, dataFiles = [] }: TransformersBackendOptions,
): Promise<number> {
  try {
    const files = preparedGraph
      ? (await readdir(preparedGraph.folder)).map((name) => join(preparedGraph.folder, name))
      : [graphFile.path, ...dataFiles].map((file) => join(folder.path, file));
    const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
    return sizes.reduce((sum, size) => sum + size, 0);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** A container may have fewer cores than its machine. Node counts those only since release 24. */
function availableCores(): number {
  const cores = availableParallelism();
  try {
    const [quota, period] = readFileSync("/sys/fs/cgroup/cpu.max", "utf8").split(" ").map(Number);
    const limit = quota! / period!;
    return limit > 0 ? Math.min(cores, Math.ceil(limit)) : cores;
  } catch {
    return cores;
  }
}

/** Includes the limit of a container. */
function freeMemory(): number {
  // macOS counts what it could free at once as used.
  if (platform() === "darwin") return Math.max(freemem(), totalmem() / 2);
  return Math.min(freemem(), process.availableMemory?.() ?? Number.POSITIVE_INFINITY);
}
