import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SharedPromise } from "@embeddinggemma/internal";
import { bundleUrl } from "@embeddinggemma/internal/node";
import { FaissStoreError, reasonOf, show } from "../errors.ts";
import type { EngineOptions } from "../types.ts";
import { EngineProcess } from "./engine-process.ts";
import { parseIndexKind } from "./index-kind.ts";
import type { Command, IndexSpecification, ReadReply, SearchReply } from "./protocol.ts";
import { type IndexState, timeLimitOf } from "./time-limit.ts";

/** In memory on Linux. A container may have a small one, or none. */
const transferFolders = ["/dev/shm"];

/**
 * A process is replaced when its addon has leaked this much. 64 MiB are 131,072 queries of 128
 * numbers.
 */
const maxLeakedBytes = 64 * 2 ** 20;

const engines = new Map<string, SharedPromise<FaissEngine>>();

/**
 * The FAISS engine that all stores share, one for each `faiss-node`. Starts it on the first call,
 * and again after a start that failed.
 *
 * @throws FaissStoreError `ENGINE_UNAVAILABLE`
 */
export function faissEngine(faissNode = "faiss-node"): Promise<FaissEngine> {
  let engine = engines.get(faissNode);
  if (!engine) {
    engine = new SharedPromise(() => FaissEngine.start(faissNode));
    engines.set(faissNode, engine);
  }
  return engine.get();
}

/**
 * The FAISS engine for an index; undefined if the store searches by itself. `"auto"` takes FAISS
 * only for what it does better: any index but `Flat`.
 *
 * @param factory - the factory string of the index
 * @throws FaissStoreError `ENGINE_UNAVAILABLE` if `engine` is `"faiss"`
 */
export async function loadEngine(
  { engine = "auto", faissNode }: EngineOptions,
  factory: string,
): Promise<FaissEngine | undefined> {
  if (engine === "builtin" || engine === "exact") return undefined;
  if (engine === "auto" && factory === "Flat") return undefined;
  try {
    return await faissEngine(faissNode);
  } catch (error) {
    if (engine === "faiss") throw error;
    return undefined;
  }
}

/**
 * Runs FAISS indexes in a child process, and replaces the process when it has died or leaked too
 * much memory. Callers refer to an index by its handle, a number.
 */
export class FaissEngine {
  readonly #faissNodePath: string;
  /** The indexes in the current process, by their handles. */
  readonly #indexes = new Map<number, IndexState>();
  #process: EngineProcess;
  #replacing: Promise<void> | undefined;
  /** Trainings in progress. Until they end, the process holds their vectors and is not replaced. */
  #trainings = 0;
  #nextIndex = 1;
  readonly #owners = new FinalizationRegistry<number>((index) => this.free(index));

  private constructor(faissNodePath: string, process: EngineProcess) {
    this.#faissNodePath = faissNodePath;
    this.#process = process;
  }

  static async start(faissNode: string): Promise<FaissEngine> {
    try {
      const path = createRequire(import.meta.url ?? bundleUrl()).resolve(faissNode);
      return new FaissEngine(path, await EngineProcess.start(path, transferFolders));
    } catch (error) {
      throw new FaissStoreError(
        "ENGINE_UNAVAILABLE",
        `faiss-node (${show(faissNode)}) could not be loaded: ${whyNotLoaded(error)}. ` +
          "Run `npm install --ignore-scripts faiss-node`, then `npx embeddinggemma build-faiss`, " +
          "which downloads or compiles its addon. In a bundle, keep @embeddinggemma/faiss and " +
          'faiss-node external. Or use another engine: "builtin" needs no addon, and "auto" uses ' +
          "FAISS only if it loads.",
        { faissNode },
        { cause: error },
      );
    }
  }

  /** A new handle, for `create`. */
  newHandle(): number {
    return this.#nextIndex++;
  }

  /**
   * Creates an empty index.
   *
   * @param owner - when it is garbage collected, the index is freed
   * @throws FaissStoreError `ENGINE_FAILED`, as do all methods that need the process
   */
  async create(owner: object, index: number, specification: IndexSpecification): Promise<void> {
    const state = newState(specification);
    await this.#run({ operation: "create", index, ...specification }, state);
    this.#register(owner, index, state);
  }

  /**
   * Reads an index from a file.
   *
   * @param rows - the number of vectors that the file should contain
   * @returns the handle, with the number and the dimension of the vectors that it does contain
   */
  async read(
    owner: object,
    path: string,
    rows: number,
    specification: IndexSpecification,
  ): Promise<ReadReply & { index: number }> {
    const index = this.newHandle();
    const state = newState(specification);
    const command: Command = { operation: "read", index, path, rows, ...specification };
    const reply = await this.#run<ReadReply>(command, state);
    state.rows = reply.rows;
    this.#register(owner, index, state);
    return { index, ...reply };
  }

  /** @param samples - the vectors to train with, in pieces */
  async train(index: number, samples: AsyncIterable<Float32Array>): Promise<void> {
    const state = this.#stateOf(index);
    this.#trainings++;
    try {
      for await (const vectors of samples) {
        state.trainingNumbers += vectors.length;
        await this.#run({ operation: "sample", index, vectors }, state);
      }
      await this.#run({ operation: "train", index }, state);
    } finally {
      this.#trainings--;
    }
  }

  async add(index: number, vectors: Float32Array): Promise<void> {
    const state = this.#stateOf(index);
    await this.#run({ operation: "add", index, vectors }, state);
    state.rows += vectors.length / state.specification.dimension;
  }

  /**
   * @param queries - the numbers of all queries, one query after the other
   * @param count - how many rows to find for each query
   */
  async search(index: number, queries: Float32Array, count: number): Promise<SearchReply> {
    return this.#run({ operation: "search", index, queries, count }, this.#stateOf(index));
  }

  async write(index: number, path: string): Promise<void> {
    return this.#run({ operation: "write", index, path }, this.#stateOf(index));
  }

  /** Whether the index still exists: it was not freed, and its process has not died. */
  has(index: number): boolean {
    return this.#process.isAlive && this.#indexes.has(index);
  }

  /** Frees an index, even one that is being created. Pending calls fail as in {@link abandon}. */
  free(index: number): void {
    this.#indexes.delete(index);
    this.abandon(index);
    if (this.#replacing) this.#replacing.finally(() => this.#process.free(index)).catch(() => {});
    else this.#process.free(index);
  }

  /** Lets all pending calls for an index fail at once, except for `write`, which completes. */
  abandon(index: number): void {
    this.#process.abandon(index);
  }

  #register(owner: object, index: number, state: IndexState): void {
    this.#indexes.set(index, state);
    this.#owners.register(owner, index);
  }

  #stateOf(index: number): IndexState {
    const state = this.#indexes.get(index);
    if (state) return state;
    throw new FaissStoreError("ENGINE_FAILED", `The FAISS process has no index ${index}.`);
  }

  async #run<T>(command: Command, state: IndexState): Promise<T> {
    const hasLeaked = this.#process.leakedBytes > maxLeakedBytes && this.#trainings === 0;
    if (!this.#process.isAlive || hasLeaked) this.#replacing ??= this.#replace();
    await this.#replacing;
    return this.#process.run<T>(command, timeLimitOf(command, state));
  }

  /**
   * Starts a new process and moves the indexes to it. If the old process has died, its indexes are
   * lost, and their owners build them again.
   */
  async #replace(): Promise<void> {
    const old = this.#process;
    try {
      const next = await EngineProcess.start(this.#faissNodePath, transferFolders);
      if (!(old.isAlive && (await this.#move(old, next)))) this.#indexes.clear();
      this.#process = next;
      old.stop();
    } catch (error) {
      // A process that has leaked memory still works.
      if (!old.isAlive) throw notStarted(error);
    } finally {
      this.#replacing = undefined;
    }
  }

  /** @returns whether the new process has all indexes now */
  async #move(old: EngineProcess, next: EngineProcess): Promise<boolean> {
    const moved: number[] = [];
    try {
      // The process answers in order. After this command, it has answered all earlier ones, so no
      // index is being created.
      await old.run({ operation: "free", index: 0 });
      const folder = await mkdtemp(join(tmpdir(), "embeddinggemma-faiss-"));
      try {
        for (const [index, state] of this.#indexes) {
          const path = join(folder, String(index));
          const { specification, rows } = state;
          const write: Command = { operation: "write", index, path };
          await old.run(write, timeLimitOf(write, state));
          const read: Command = { operation: "read", index, path, rows, ...specification };
          await next.run(read, timeLimitOf(read, state));
          moved.push(index);
          await rm(path);
        }
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
      return true;
    } catch {
      for (const index of moved) next.free(index);
      return false;
    }
  }
}

function newState(specification: IndexSpecification): IndexState {
  const { factory, dimension } = specification;
  return {
    specification,
    kind: parseIndexKind(factory, dimension),
    rows: 0,
    trainingNumbers: 0,
  };
}

/** Without lists: Node adds who required a missing module, `bindings` where it looked. */
function whyNotLoaded(error: unknown): string {
  const { reason = reasonOf(error) } = FaissStoreError.isInstance(error) ? error.details : {};
  return String(reason).split(/\.? Tried:\n|\n/, 1)[0]!;
}

function notStarted(error: unknown): FaissStoreError {
  if (FaissStoreError.isInstance(error)) return error;
  const message = `The FAISS process died and did not start again: ${reasonOf(error)}`;
  return new FaissStoreError("ENGINE_FAILED", message, {}, { cause: error });
}
