import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SharedPromise } from "@embeddinggemma/internal";
import { FaissStoreError, reasonOf, show } from "../errors.ts";
import type { EngineOptions } from "../types.ts";
import { EngineProcess } from "./engine-process.ts";
import { parseIndexKind } from "./index-kind.ts";
import type { Command, IndexSpecification, ReadReply, SearchReply } from "./protocol.ts";
import { type HeldIndex, timeLimitOf } from "./time-limit.ts";

/** On Linux this folder is in memory. In a container it may be small or missing. */
const transferFolders = ["/dev/shm"];

/**
 * A process is replaced when its addon has leaked this much: 64 MiB are 131,072 queries of 128
 * numbers.
 */
const maxLeakedBytes = 64 * 2 ** 20;

const engines = new Map<string, SharedPromise<FaissEngine>>();

/**
 * The FAISS engine of this program, started once for each `faiss-node`; a failed start is not
 * remembered.
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
 * The engine that options ask for; undefined for the built-in scan.
 *
 * @throws FaissStoreError `ENGINE_UNAVAILABLE` if the options ask for FAISS
 */
export async function loadEngine({
  engine = "auto",
  faissNode,
}: EngineOptions): Promise<FaissEngine | undefined> {
  if (engine === "builtin") return undefined;
  try {
    return await faissEngine(faissNode);
  } catch (error) {
    if (engine === "faiss") throw error;
    return undefined;
  }
}

/**
 * Runs FAISS indexes in a process that is replaced when it dies or has leaked too much. Callers
 * know an index by its handle, a number.
 */
export class FaissEngine {
  readonly #faissNodePath: string;
  /** The indexes that the present process holds, by handle. */
  readonly #indexes = new Map<number, HeldIndex>();
  #process: EngineProcess;
  #replacing: Promise<void> | undefined;
  /** Trainings in progress. The process holds their vectors and is not replaced meanwhile. */
  #trainings = 0;
  #nextIndex = 1;
  readonly #abandoned = new FinalizationRegistry<number>((index) => this.free(index));

  private constructor(faissNodePath: string, process: EngineProcess) {
    this.#faissNodePath = faissNodePath;
    this.#process = process;
  }

  static async start(faissNode: string): Promise<FaissEngine> {
    try {
      const path = createRequire(import.meta.url).resolve(faissNode);
      return new FaissEngine(path, await EngineProcess.start(path, transferFolders));
    } catch (error) {
      throw new FaissStoreError(
        "ENGINE_UNAVAILABLE",
        `faiss-node (${show(faissNode)}) could not be loaded: ${reasonOf(error)} ` +
          "Install it with `npm install faiss-node` and let its install script run, or compile it " +
          'as the README of this package says. engine: "builtin" needs no addon, and ' +
          'engine: "auto" uses FAISS only if it loads.',
        { faissNode },
        { cause: error },
      );
    }
  }

  /** A handle for `create`. */
  newHandle(): number {
    return this.#nextIndex++;
  }

  /**
   * Makes an empty index.
   *
   * @param owner - when it is garbage collected, the index is freed
   * @throws FaissStoreError `ENGINE_FAILED`, as all calls that use the process
   */
  async create(owner: object, index: number, specification: IndexSpecification): Promise<void> {
    const held = newlyHeld(specification);
    await this.#run({ operation: "create", index, ...specification }, held);
    this.#adopt(owner, index, held);
  }

  /**
   * Reads an index from a file.
   *
   * @param rows - how many vectors the file should hold
   * @returns its handle, and what it does hold
   */
  async read(
    owner: object,
    path: string,
    rows: number,
    specification: IndexSpecification,
  ): Promise<ReadReply & { index: number }> {
    const index = this.newHandle();
    const held = newlyHeld(specification);
    const command: Command = { operation: "read", index, path, rows, ...specification };
    const reply = await this.#run<ReadReply>(command, held);
    held.rows = reply.rows;
    this.#adopt(owner, index, held);
    return { index, ...reply };
  }

  /** @param samples - the vectors to train with, in pieces */
  async train(index: number, samples: AsyncIterable<Float32Array>): Promise<void> {
    const held = this.#held(index);
    this.#trainings++;
    try {
      for await (const vectors of samples) {
        held.trainingNumbers += vectors.length;
        await this.#run({ operation: "sample", index, vectors }, held);
      }
      await this.#run({ operation: "train", index }, held);
    } finally {
      this.#trainings--;
    }
  }

  async add(index: number, vectors: Float32Array): Promise<void> {
    const held = this.#held(index);
    await this.#run({ operation: "add", index, vectors }, held);
    held.rows += vectors.length / held.specification.dimension;
  }

  /**
   * @param queries - one after the other
   * @param count - rows for each query
   */
  async search(index: number, queries: Float32Array, count: number): Promise<SearchReply> {
    return this.#run({ operation: "search", index, queries, count }, this.#held(index));
  }

  async write(index: number, path: string): Promise<void> {
    return this.#run({ operation: "write", index, path }, this.#held(index));
  }

  /** Whether the index exists: it is gone when it was freed or its process has died. */
  holds(index: number): boolean {
    return this.#process.isAlive && this.#indexes.has(index);
  }

  /** Frees an index, also one that is being made. Calls that wait for it fail as in `abandon`. */
  free(index: number): void {
    this.#indexes.delete(index);
    this.abandon(index);
    if (this.#replacing) this.#replacing.finally(() => this.#process.free(index)).catch(() => {});
    else this.#process.free(index);
  }

  /** Calls that wait for an index fail now, except for `write`, which completes. */
  abandon(index: number): void {
    this.#process.abandon(index);
  }

  #adopt(owner: object, index: number, held: HeldIndex): void {
    this.#indexes.set(index, held);
    this.#abandoned.register(owner, index);
  }

  #held(index: number): HeldIndex {
    const held = this.#indexes.get(index);
    if (held) return held;
    throw new FaissStoreError("ENGINE_FAILED", `The FAISS process holds no index ${index}.`);
  }

  async #run<T>(command: Command, held: HeldIndex): Promise<T> {
    const hasLeaked = this.#process.leakedBytes > maxLeakedBytes && this.#trainings === 0;
    if (!this.#process.isAlive || hasLeaked) this.#replacing ??= this.#replace();
    await this.#replacing;
    return this.#process.run<T>(command, timeLimitOf(command, held));
  }

  /**
   * The indexes of a living process move to the new one; those of a dead one are lost, and their
   * owners build them again.
   */
  async #replace(): Promise<void> {
    const old = this.#process;
    try {
      const next = await EngineProcess.start(this.#faissNodePath, transferFolders);
      if (!(old.isAlive && (await this.#move(old, next)))) this.#indexes.clear();
      this.#process = next;
      old.stop();
    } catch (error) {
      // A process that has leaked still answers.
      if (!old.isAlive) throw notStarted(error);
    } finally {
      this.#replacing = undefined;
    }
  }

  /** @returns whether the new process holds what the old one held */
  async #move(old: EngineProcess, next: EngineProcess): Promise<boolean> {
    const moved: number[] = [];
    try {
      // Commands are answered in order: after this one the old process has answered everything, and
      // no index is about to be added.
      await old.run({ operation: "free", index: 0 });
      const folder = await mkdtemp(join(tmpdir(), "embeddinggemma-faiss-"));
      try {
        for (const [index, held] of this.#indexes) {
          const path = join(folder, String(index));
          const { specification, rows } = held;
          const write: Command = { operation: "write", index, path };
          await old.run(write, timeLimitOf(write, held));
          const read: Command = { operation: "read", index, path, rows, ...specification };
          await next.run(read, timeLimitOf(read, held));
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

function newlyHeld(specification: IndexSpecification): HeldIndex {
  const { factory, dimension } = specification;
  return {
    specification,
    kind: parseIndexKind(factory, dimension),
    rows: 0,
    trainingNumbers: 0,
  };
}

function notStarted(error: unknown): FaissStoreError {
  if (FaissStoreError.isInstance(error)) return error;
  const message = `The FAISS process died and could not be started again: ${reasonOf(error)}`;
  return new FaissStoreError("ENGINE_FAILED", message, {}, { cause: error });
}
