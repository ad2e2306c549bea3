import { availableParallelism } from "node:os";
import type { BackendOutput, Batch, RunOptions } from "../backend.ts";
import type { ModelRunner } from "../with-tokenizer.ts";
import type { PooledSession } from "./pooled-session.ts";

interface Waiting {
  readonly take: (session: PooledSession) => void;
  readonly refuse: (error: unknown) => void;
}

/** Runs each batch in a session that is free. */
export class SessionPool implements ModelRunner {
  readonly concurrency: number;
  /** Resolves when the last session broke. */
  readonly lost: Promise<void>;
  readonly #narrow: PooledSession[];
  /** Runs a batch that is alone. */
  #wide: PooledSession | undefined;
  readonly #busy = new Set<PooledSession>();
  readonly #waiting: Waiting[] = [];
  #lose!: () => void;
  #lastError: unknown;

  constructor(narrow: readonly PooledSession[], wide?: PooledSession) {
    this.#narrow = [...narrow];
    this.#wide = wide;
    this.concurrency = narrow.length;
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
  }

  /**
   * Loads the model in all sessions: in the first alone, since what is wrong is usually wrong for
   * all. Then in as many at once as there are cores.
   *
   * @throws the error of the first load that fails; then no process is left
   */
  async start(): Promise<void> {
    const [first, ...others] = this.#sessions;
    const next = others.values();
    const startNext = async () => {
      for (const session of next) await session.start();
    };
    try {
      await first!.start();
      await Promise.all(Array.from({ length: availableParallelism() }, startNext));
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** @throws `WORKER_FAILED`; the error of the runtime */
  async run(batch: Batch, options?: RunOptions): Promise<BackendOutput> {
    const session = await this.#take();
    try {
      return await session.run(batch, options);
    } catch (error) {
      if (session.isBroken) this.#remove(session, error);
      throw error;
    } finally {
      this.#busy.delete(session);
      this.#assign();
    }
  }

  /** Frees the model in all sessions, and ends their processes. */
  async dispose(): Promise<void> {
    await this.#end((session) => (this.#busy.has(session) ? session.stop() : session.dispose()));
  }

  /** Ends all processes, whatever they do. */
  async stop(): Promise<void> {
    await this.#end((session) => session.stop());
  }

  get #sessions(): readonly PooledSession[] {
    return this.#wide ? [this.#wide, ...this.#narrow] : this.#narrow;
  }

  async #end(end: (session: PooledSession) => Promise<void>): Promise<void> {
    await Promise.all(this.#sessions.map(end));
  }

  #take(): Promise<PooledSession> {
    return new Promise((take, refuse) => {
      this.#waiting.push({ take, refuse });
      // Whether a batch is alone is only known when its caller had time to send others.
      if (this.#wide) setImmediate(() => this.#assign());
      else this.#assign();
    });
  }

  #assign(): void {
    if (this.#sessions.length === 0)
      for (const { refuse } of this.#waiting.splice(0)) refuse(this.#lastError);
    while (this.#waiting.length > 0) {
      const session = this.#choose();
      if (!session) break;
      this.#busy.add(session);
      this.#waiting.shift()!.take(session);
    }
  }

  #choose(): PooledSession | undefined {
    const isAlone = this.#busy.size === 0 && this.#waiting.length === 1;
    if (this.#wide && (isAlone || this.#narrow.length === 0))
      return this.#busy.has(this.#wide) ? undefined : this.#wide;
    return this.#narrow.find((session) => !this.#busy.has(session));
  }

  #remove(broken: PooledSession, error: unknown): void {
    if (broken === this.#wide) this.#wide = undefined;
    else this.#narrow.splice(this.#narrow.indexOf(broken), 1);
    if (this.#sessions.length > 0) return;
    this.#lastError = error;
    this.#lose();
  }
}
