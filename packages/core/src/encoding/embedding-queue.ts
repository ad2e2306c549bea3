import { nextTurn, untilAborted } from "@embeddinggemma/internal";
import type { BatchCost, BatchLimits } from "./batches.ts";
import type { TokenSequence } from "./tokenize.ts";
import { type BatchPart, type Priority, type WaitingCall, WaitingCalls } from "./waiting-calls.ts";

/** What a call wants to have embedded. */
export interface EmbeddingRequest {
  readonly sequences: readonly TokenSequence[];
  readonly priority: Priority;
  readonly limits: BatchLimits;
  readonly signal?: AbortSignal | undefined;
  /**
   * Called after each batch with the vectors of some sequences. An error ends the call. While two
   * promises are pending, no more of the call runs.
   *
   * @param positions - indices into `sequences`
   * @param rows - number of texts in the batch, those of other calls included
   */
  receive(
    positions: readonly number[],
    embeddings: readonly Float32Array[],
    rows: number,
  ): Promise<void>;
}

export interface EmbeddingQueueOptions {
  /** Embeds one batch. */
  embed(sequences: readonly TokenSequence[]): Promise<readonly Float32Array[]>;
  readonly cost: BatchCost;
  /** Number of batches that run at once. @default 1 */
  readonly concurrency?: number | undefined;
}

/**
 * Stands in front of the model. The texts of all calls wait here, and share the next batch: those
 * of queries first, then those that have waited longest. When the model is free, what waits runs.
 */
export class EmbeddingQueue {
  readonly #embed: EmbeddingQueueOptions["embed"];
  readonly #cost: BatchCost;
  readonly #concurrency: number;
  readonly #waiting = new WaitingCalls<QueuedCall>();
  readonly #running = new Set<Promise<void>>();
  #busyTokens = 0;
  #isScheduled = false;

  constructor({ embed, cost, concurrency = 1 }: EmbeddingQueueOptions) {
    this.#embed = embed;
    this.#cost = cost;
    this.#concurrency = concurrency;
  }

  /**
   * Resolves when all sequences are embedded.
   *
   * @throws the error of a batch, unless it comes from the texts of another call; that of
   * `receive`; the reason of `signal`, without waiting for a running batch
   */
  async run(request: EmbeddingRequest): Promise<void> {
    if (request.sequences.length === 0) return;
    const call = new QueuedCall(request, () => this.#schedule());
    try {
      await untilAborted(request.signal, () => {
        this.#waiting.add(call);
        this.#schedule();
        return call.finished;
      });
    } finally {
      call.close();
      this.#waiting.remove(call);
    }
  }

  /** Resolves when no batch runs. Batches of aborted calls may still run when nothing waits. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /**
   * One turn of the event loop later: so simultaneous calls share the first batch, and what arrived
   * during a batch, such as requests to a server, shares the next one.
   */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    nextTurn(() => {
      this.#isScheduled = false;
      while (this.#running.size < this.#concurrency) {
        const sessions = { count: this.#concurrency, busyTokens: this.#busyTokens };
        const parts = this.#waiting.takeBatch(this.#cost, sessions);
        if (parts.length === 0) return;
        this.#start(parts);
      }
    });
  }

  #start(parts: readonly BatchPart<QueuedCall>[]): void {
    const tokens = parts.reduce((sum, { call, positions }) => sum + call.tokensAt(positions), 0);
    this.#busyTokens += tokens;
    const running = this.#runBatch(parts).finally(() => {
      this.#running.delete(running);
      this.#busyTokens -= tokens;
      this.#schedule();
    });
    this.#running.add(running);
  }

  /** Never rejects: an error rejects the calls. */
  async #runBatch(parts: readonly BatchPart<QueuedCall>[]): Promise<void> {
    const sequences = parts.flatMap(({ call, positions }) => call.sequencesAt(positions));
    try {
      const embeddings = await this.#embed(sequences);
      let row = 0;
      for (const { call, positions } of parts) {
        const end = row + positions.length;
        call.deliver(positions, embeddings.slice(row, end), embeddings.length);
        row = end;
      }
    } catch (error) {
      if (parts.length === 1) parts[0]!.call.fail(error);
      else await this.#runAlone(parts);
    }
  }

  /** The texts of one call may have failed the batch, so each call gets one of its own. */
  async #runAlone(parts: readonly BatchPart<QueuedCall>[]): Promise<void> {
    for (const part of parts) {
      if (part.call.isOpen) await this.#runBatch([part]);
    }
  }
}

/** Most batches of a call whose vectors are not yet received, such as written to a slow cache. */
const maxUnreceived = 2;

class QueuedCall implements WaitingCall {
  readonly priority: Priority;
  readonly limits: BatchLimits;
  readonly lengths: readonly number[];
  /** Settles when all sequences are embedded, or one of them could not be. */
  readonly finished: Promise<void>;
  readonly #request: EmbeddingRequest;
  readonly #onResume: () => void;
  #resolve: () => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #unfinished: number;
  #unreceived = 0;
  #isOpen = true;

  constructor(request: EmbeddingRequest, onResume: () => void) {
    this.priority = request.priority;
    this.limits = request.limits;
    this.lengths = request.sequences.map(({ ids }) => ids.length);
    this.finished = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#request = request;
    this.#onResume = onResume;
    this.#unfinished = request.sequences.length;
  }

  get isPaused(): boolean {
    return this.#unreceived >= maxUnreceived;
  }

  /** Whether the caller still waits. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  sequencesAt(positions: readonly number[]): TokenSequence[] {
    return positions.map((position) => this.#request.sequences[position]!);
  }

  tokensAt(positions: readonly number[]): number {
    return positions.reduce((sum, position) => sum + this.lengths[position]!, 0);
  }

  deliver(positions: readonly number[], embeddings: readonly Float32Array[], rows: number): void {
    if (!this.#isOpen) return;
    this.#unreceived++;
    this.#request.receive(positions, embeddings, rows).then(
      () => {
        this.#unreceived--;
        this.#unfinished -= positions.length;
        if (this.#unfinished === 0) this.#resolve();
        else this.#onResume();
      },
      (error: unknown) => this.fail(error),
    );
  }

  fail(error: unknown): void {
    this.#reject(error);
  }

  close(): void {
    this.#isOpen = false;
  }
}
