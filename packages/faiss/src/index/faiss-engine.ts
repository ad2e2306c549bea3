import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FaissStoreError, reasonOf, show } from "../errors.ts";
import type { EngineOptions } from "../types.ts";
import { EngineProcess } from "./engine-process.ts";
import type { Command, IndexSpecification, ReadReply, SearchReply } from "./protocol.ts";

/** On Linux this folder lies in memory; in a container it may be small, and it may be missing. */
const transferFolders = ["/dev/shm"];

/**
 * A process is replaced once its addon has leaked this much: 64 MiB are 131,072 queries at 128
 * numbers.
 */
const mostLeakedBytes = 64 * 2 ** 20;

const engines = new Map<string, Promise<FaissEngine>>();

/**
 * The FAISS engine of this program, started once for each `faiss-node`; a failed start is not
 * remembered.
 *
 * @throws FaissStoreError `ENGINE_UNAVAILABLE`
 */
export function faissEngine(faissNode = "faiss-node"): Promise<FaissEngine> {
  let engine = engines.get(faissNode);
  if (!engine) {
    engine = FaissEngine.start(faissNode);
    engines.set(faissNode, engine);
    engine.catch(() => engines.delete(faissNode));
  }
  return engine;
}

/**
 * The engine that options ask for; undefined for the built-in scan.
 *
 * @throws FaissStoreError `ENGINE_UNAVAILABLE` where FAISS alone would do
 */
export async function loadEngine({
  engine = "auto",
  faissNode,
}: EngineOptions): Promise<FaissEngine | undefined> {
  if (engine === "exact") return undefined;
  try {
    return await faissEngine(faissNode);
  } catch (error) {
    if (engine === "faiss") throw error;
    return undefined;
  }
}

/** Runs FAISS indexes in a process that is replaced when it dies or has leaked too much. */
export class FaissEngine {
  readonly #faissNodePath: string;
  /** The indexes that the present process holds. */
  readonly #indexes = new Map<number, IndexSpecification>();
  #process: EngineProcess;
  #replacing: Promise<void> | undefined;
  /** Trainings under way: their vectors lie in the process, which is not replaced meanwhile. */
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
        `faiss-node (${show(faissNode)}) could not be loaded: ${reasonOf(error)} Install it with \`npm install faiss-node\` ` +
          "and let its install script run, or compile it as this package's README says; " +
          'engine: "exact" needs no addon, and engine: "auto" takes FAISS only where it loads.',
        { faissNode },
        { cause: error },
      );
    }
  }

  async create(specification: IndexSpecification): Promise<NativeIndex> {
    const index = this.#nextIndex++;
    await this.run({ operation: "create", index, ...specification });
    return this.#adopt(index, specification);
  }

  async read(path: string, specification: IndexSpecification): Promise<NativeIndex & ReadReply> {
    const index = this.#nextIndex++;
    const reply = await this.run<ReadReply>({ operation: "read", index, path, ...specification });
    return Object.assign(this.#adopt(index, specification), reply);
  }

  /** @param samples - the vectors to train with, in pieces */
  async train(index: number, samples: AsyncIterable<Float32Array>): Promise<void> {
    this.#trainings++;
    try {
      for await (const vectors of samples) await this.run({ operation: "sample", index, vectors });
      await this.run({ operation: "train", index });
    } finally {
      this.#trainings--;
    }
  }

  holds(index: number): boolean {
    return this.#process.isAlive && this.#indexes.has(index);
  }

  free(index: number): void {
    if (!this.#indexes.delete(index) || !this.#process.isAlive) return;
    this.run({ operation: "free", index }).catch(() => {});
  }

  async run<T>(command: Command): Promise<T> {
    const hasLeaked = this.#process.leakedBytes > mostLeakedBytes && this.#trainings === 0;
    if (!this.#process.isAlive || hasLeaked) this.#replacing ??= this.#replace();
    await this.#replacing;
    return this.#process.run<T>(command);
  }

  #adopt(index: number, specification: IndexSpecification): NativeIndex {
    this.#indexes.set(index, specification);
    const native = new NativeIndex(this, index);
    this.#abandoned.register(native, index);
    return native;
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
      // Commands are answered in order: after this one the old process owes nothing, and no index
      // is about to be added.
      await old.run({ operation: "free", index: 0 });
      const folder = await mkdtemp(join(tmpdir(), "embeddinggemma-faiss-"));
      try {
        for (const [index, specification] of this.#indexes) {
          const path = join(folder, String(index));
          await old.run({ operation: "write", index, path });
          await next.run({ operation: "read", index, path, ...specification });
          moved.push(index);
          await rm(path);
        }
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
      return true;
    } catch {
      for (const index of moved) await next.run({ operation: "free", index }).catch(() => {});
      return false;
    }
  }
}

function notStarted(error: unknown): FaissStoreError {
  if (FaissStoreError.isInstance(error)) return error;
  const message = `The FAISS process died and could not be started again: ${reasonOf(error)}`;
  return new FaissStoreError("ENGINE_FAILED", message, {}, { cause: error });
}

/** An index in the engine's process. */
export class NativeIndex {
  readonly #engine: FaissEngine;
  readonly #index: number;

  constructor(engine: FaissEngine, index: number) {
    this.#engine = engine;
    this.#index = index;
  }

  /** Whether its process has died, and the index with it. */
  get isLost(): boolean {
    return !this.#engine.holds(this.#index);
  }

  /** @param samples - the vectors to train with, in pieces */
  train(samples: AsyncIterable<Float32Array>): Promise<void> {
    return this.#engine.train(this.#index, samples);
  }

  add(vectors: Float32Array): Promise<void> {
    return this.#engine.run({ operation: "add", index: this.#index, vectors });
  }

  /** @param queries - one after the other */
  search(queries: Float32Array, count: number): Promise<SearchReply> {
    return this.#engine.run({ operation: "search", index: this.#index, queries, count });
  }

  write(path: string): Promise<void> {
    return this.#engine.run({ operation: "write", index: this.#index, path });
  }

  free(): void {
    this.#engine.free(this.#index);
  }
}
