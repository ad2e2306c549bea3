import { nextTurn, untilAborted } from "@embeddinggemma/internal";
import type { BatchCost, BatchLimits } from "./batches.ts";
import { RefusedText } from "./refused-text.ts";
import type { PreparedText } from "./tokenize.ts";
import {
  type BatchPart,
  type Output,
  type Priority,
  type WaitingCall,
  WaitingCalls,
} from "./waiting-calls.ts";

/** What a call wants to have embedded. */
export interface EmbeddingRequest<Prepared extends PreparedText = PreparedText> {
  readonly texts: readonly Prepared[];
  readonly priority: Priority;
  readonly limits: BatchLimits;
  /** @default "sentence_embedding" */
  readonly output?: Output | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * Called after each batch with the vectors of some texts. An error ends the call. While two
   * promises are pending, no more of the call runs.
   *
   * @param positions - indices into `texts`
   */
  receive(
    positions: readonly number[],
    embeddings: readonly Float32Array[],
    batch: FinishedBatch,
  ): Promise<void>;
  /**
   * Index of a text in the caller's input, for errors.
   *
   * @param position - index into `texts`
   * @default the position
   */
  indexOf?(position: number): number;
}

/** A batch, of which a call receives its part. */
export interface FinishedBatch {
  /** Number of texts, those of other calls included. */
  readonly rows: number;
  /** Times of `performance.now()`. */
  readonly startedAt: number;
  readonly endedAt: number;
}

export interface EmbeddingQueueOptions<Prepared extends PreparedText> {
  /**
   * Embeds one batch.
   *
   * @throws {@link RefusedText} if one of the texts is at fault
   */
  embed(
    texts: readonly Prepared[],
    options: {
      readonly output: Output;
      /** Aborts when no call waits for the batch any more. */
      readonly signal: AbortSignal;
    },
  ): Promise<readonly Float32Array[]>;
  readonly cost: BatchCost;
  /** Number of batches that run at once. @default 1 */
  readonly concurrency?: number | undefined;
}

/**
 * Turns of the event loop before a batch: a request that has reached this process takes a few until
 * its texts are here. More pass only while calls arrive.
 */
const minTurns = 4;
const maxTurns = 64;

/**
 * Stands in front of the model. The texts of all calls wait here, and share the next batch: those
 * of queries first, then those that have waited longest. When the model is free, what waits runs.
 */
export class EmbeddingQueue<Prepared extends PreparedText> {
  readonly #embed: EmbeddingQueueOptions<Prepared>["embed"];
  readonly #cost: BatchCost;
  readonly #concurrency: number;
  readonly #waiting = new WaitingCalls<QueuedCall<Prepared>>();
  readonly #running = new Set<RunningBatch<Prepared>>();
  #busyTokens = 0;
  #isScheduled = false;
  /** Number of calls so far. */
  #arrived = 0;

  constructor({ embed, cost, concurrency = 1 }: EmbeddingQueueOptions<Prepared>) {
    this.#embed = embed;
    this.#cost = cost;
    this.#concurrency = concurrency;
  }

  /**
   * Resolves when all texts are embedded.
   *
   * @throws the error of a batch, unless it comes from the texts of another call; that of
   * `receive`; the reason of `signal`, without waiting for a running batch
   */
  async run(request: EmbeddingRequest<Prepared>): Promise<void> {
    if (request.texts.length === 0) return;
    const call = new QueuedCall(request, () => this.#schedule());
    try {
      await untilAborted(request.signal, () => {
        this.#arrived++;
        this.#waiting.add(call);
        this.#schedule();
        return call.finished;
      });
    } finally {
      call.close();
      this.#waiting.remove(call);
      for (const { parts, abort } of this.#running) {
        if (!parts.some((part) => part.call.isOpen)) abort.abort();
      }
    }
  }

  /** Resolves when no batch runs. Batches of aborted calls may still run when nothing waits. */
  async idle(): Promise<void> {
    while (this.#running.size > 0)
      await Promise.all(Array.from(this.#running, ({ finished }) => finished));
  }

  /**
   * Some turns of the event loop later, and more while calls arrive: so simultaneous calls share
   * the first batch. What arrived during a batch, such as requests to a server, shares the next.
   */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#afterTurns(maxTurns);
  }

  #afterTurns(turns: number): void {
    const arrived = this.#arrived;
    nextTurn(() => {
      if (turns > 1 && (turns > maxTurns - minTurns || this.#arrived > arrived)) {
        this.#afterTurns(turns - 1);
        return;
      }
      this.#isScheduled = false;
      this.#startBatches();
    });
  }

  #startBatches(): void {
    while (this.#running.size < this.#concurrency) {
      const sessions = { count: this.#concurrency, busyTokens: this.#busyTokens };
      const parts = this.#waiting.takeBatch(this.#cost, sessions);
      if (parts.length === 0) return;
      this.#start(parts);
    }
  }

  #start(parts: readonly BatchPart<QueuedCall<Prepared>>[]): void {
    const tokens = parts.reduce((sum, { call, positions }) => sum + call.tokensAt(positions), 0);
    this.#busyTokens += tokens;
    const abort = new AbortController();
    const finished = this.#runBatch(parts, abort.signal).finally(() => {
      this.#running.delete(batch);
      this.#busyTokens -= tokens;
      this.#schedule();
    });
    const batch = { parts, abort, finished };
    this.#running.add(batch);
  }

  /** Never rejects: an error rejects the calls. */
  async #runBatch(
    parts: readonly BatchPart<QueuedCall<Prepared>>[],
    signal: AbortSignal,
  ): Promise<void> {
    const texts = parts.flatMap(({ call, positions }) => call.textsAt(positions));
    const { output } = parts[0]!.call;
    try {
      const startedAt = performance.now();
      const embeddings = await this.#embed(texts, { output, signal });
      const batch = { rows: embeddings.length, startedAt, endedAt: performance.now() };
      let row = 0;
      for (const { call, positions } of parts) {
        const end = row + positions.length;
        call.deliver(positions, embeddings.slice(row, end), batch);
        row = end;
      }
    } catch (error) {
      if (error instanceof RefusedText) refuse(parts, error);
      else if (parts.length === 1) parts[0]!.call.fail(error);
      // The texts of one call may have failed the batch, so each call gets one of its own.
      for (const part of parts) if (part.call.isOpen) await this.#runBatch([part], signal);
    }
  }
}

interface RunningBatch<Prepared extends PreparedText> {
  readonly parts: readonly BatchPart<QueuedCall<Prepared>>[];
  readonly abort: AbortController;
  readonly finished: Promise<void>;
}

/** Ends the call whose text was refused. */
function refuse<Prepared extends PreparedText>(
  parts: readonly BatchPart<QueuedCall<Prepared>>[],
  error: RefusedText,
): void {
  let row = error.row;
  for (const { call, positions } of parts) {
    if (row < positions.length) {
      call.refuse(positions[row]!, error);
      return;
    }
    row -= positions.length;
  }
}

/** Most batches of a call whose vectors are not yet received, such as written to a slow cache. */
const maxUnreceived = 2;

class QueuedCall<Prepared extends PreparedText> implements WaitingCall {
  readonly priority: Priority;
  readonly limits: BatchLimits;
  readonly output: Output;
  readonly lengths: readonly number[];
  /** Settles when all texts are embedded, or one of them could not be. */
  readonly finished: Promise<void>;
  readonly #request: EmbeddingRequest<Prepared>;
  readonly #onResume: () => void;
  #resolve: () => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #unfinished: number;
  #unreceived = 0;
  #isOpen = true;

  constructor(request: EmbeddingRequest<Prepared>, onResume: () => void) {
    this.priority = request.priority;
    this.limits = request.limits;
    this.output = request.output ?? "sentence_embedding";
    this.lengths = request.texts.map(({ tokens }) => tokens);
    this.finished = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#request = request;
    this.#onResume = onResume;
    this.#unfinished = request.texts.length;
  }

  get isPaused(): boolean {
    return this.#unreceived >= maxUnreceived;
  }

  /** Whether the caller still waits. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  textsAt(positions: readonly number[]): Prepared[] {
    return positions.map((position) => this.#request.texts[position]!);
  }

  tokensAt(positions: readonly number[]): number {
    return positions.reduce((sum, position) => sum + this.lengths[position]!, 0);
  }

  deliver(
    positions: readonly number[],
    embeddings: readonly Float32Array[],
    batch: FinishedBatch,
  ): void {
    if (!this.#isOpen) return;
    this.#unreceived++;
    this.#request.receive(positions, embeddings, batch).then(
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
    this.close();
    this.#reject(error);
  }

  refuse(position: number, error: RefusedText): void {
    this.fail(error.errorAt(this.#request.indexOf?.(position) ?? position));
  }

  close(): void {
    this.#isOpen = false;
  }
}
