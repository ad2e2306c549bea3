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
    sessionMemory: await sessionMemory(folder, options),
    threads: typeof intraOpNumThreads === "number" ? intraOpNumThreads : undefined,
  };
}

/** Memory of a process with a small model, and of a batch of 1,024 tokens. */
const memoryOfProcess = 150 * 2 ** 20;

/**
 * Memory that a session takes for each byte of its files, a little more than was measured
 * (`test/bench/README.md`). Data files are mapped. Most of their weights are copied when they are
 * packed for the processor. The graph itself is read first.
 */
const memoryPerByte = { graph: 2, data: 1 };

/** Infinite if a file cannot be read. */
async function sessionMemory(
  folder: ReadableFolder,
  { graphFile, preparedGraph, dataFiles = [] }: TransformersBackendOptions,
): Promise<number> {
  try {
    const path = preparedGraph?.folder ?? folder.path;
    const graph = preparedGraph?.file.path ?? graphFile.path;
    const names = preparedGraph ? await readdir(path) : [graph, ...dataFiles];
    const memory = names.map(async (name) => {
      const { size } = await stat(join(path, name));
      return size * memoryPerByte[name === graph ? "graph" : "data"];
    });
    return (await Promise.all(memory)).reduce((sum, size) => sum + size, memoryOfProcess);
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

/** Includes the limit of a container. 0 if the runtime may not ask for it. */
function freeMemory(): number {
  try {
    // macOS counts what it could free at once as used.
    if (platform() === "darwin") return Math.max(freemem(), totalmem() / 2);
    return Math.min(freemem(), process.availableMemory?.() ?? Number.POSITIVE_INFINITY);
  } catch {
    return 0;
  }
}
