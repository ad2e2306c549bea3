import { type BatchCost, type BatchLimits, packBatches } from "./batches.ts";

/** `"query"` calls run before `"bulk"` calls. */
export type Priority = "query" | "bulk";

/**
 * What the model gives for a text: its vector, or the final hidden states of its tokens. Named as
 * `output_value` of Sentence Transformers.
 */
export type Output = "sentence_embedding" | "token_embeddings";

/** A call whose texts wait for the model. */
export interface WaitingCall {
  readonly priority: Priority;
  readonly limits: BatchLimits;
  readonly output: Output;
  /** Number of tokens of each text. */
  readonly lengths: readonly number[];
  /** Whether its texts must not run yet. */
  readonly isPaused: boolean;
}

/** The texts of one call in a batch. */
export interface BatchPart<Call> {
  readonly call: Call;
  /** Indices into `call.lengths`. */
  readonly positions: readonly number[];
}

/** After this many batches of queries in a row, one of a bulk call runs, so that these go on. */
const maxOvertakes = 16;

/** Number of waiting texts that a batch is chosen from: enough for little padding. */
const windowSize = 1024;

/** Sessions share the work, unless this makes it more expensive than by this part. */
const maxSharingCost = 1 / 8;

/** The sessions that run batches. */
export interface Sessions {
  /** How many batches run at once. */
  readonly count: number;
  /** Number of tokens that are running. */
  readonly busyTokens: number;
}

/**
 * Texts that wait for the model, and which of them run next. The calls take turns: the one that was
 * served least recently, or has waited longest, comes first. Texts of other calls join its batch
 * where that costs less than a batch of their own.
 */
export class WaitingCalls<Call extends WaitingCall> {
  /** The texts of every call, longest first; the call whose turn is next comes first. */
  readonly #positions: Readonly<Record<Priority, Map<Call, Set<number>>>> = {
    query: new Map(),
    bulk: new Map(),
  };
  #overtakes = 0;

  add(call: Call): void {
    const { priority, lengths } = call;
    const longestFirst = [...lengths.keys()].sort((a, b) => lengths[b]! - lengths[a]! || a - b);
    this.#positions[priority].set(call, new Set(longestFirst));
  }

  /** Removes what still waits of a call. */
  remove(call: Call): void {
    this.#positions[call.priority].delete(call);
  }

  /**
   * Takes the texts of the next batch.
   *
   * @returns one part per call; none if nothing can run
   */
  takeBatch(cost: BatchCost, sessions: Sessions): BatchPart<Call>[] {
    const waiting = this.#positions[this.#nextPriority()];
    const window = windowOf(waiting);
    if (window.length === 0) return [];
    const lengths = window.map(({ call, position }) => call.lengths[position]!);
    const limits = shareOut(lengths, window[0]!.call.limits, cost, sessions);
    const batch = packBatches(lengths, limits, cost).find((indices) => indices.includes(0))!;
    const parts = partsOf(batch.map((index) => window[index]!));
    for (const { call, positions } of parts) moveToEnd(waiting, call, positions);
    return parts;
  }

  #nextPriority(): Priority {
    const { query, bulk } = this.#positions;
    const bulkWaits = hasReady(bulk);
    const queryIsNext = hasReady(query) && !(bulkWaits && this.#overtakes >= maxOvertakes);
    this.#overtakes = queryIsNext && bulkWaits ? this.#overtakes + 1 : 0;
    return queryIsNext ? "query" : "bulk";
  }
}

interface WaitingText<Call> {
  readonly call: Call;
  readonly position: number;
}

function hasReady<Call extends WaitingCall>(waiting: Map<Call, unknown>): boolean {
  for (const call of waiting.keys()) if (!call.isPaused) return true;
  return false;
}

/** The next texts of all calls with the limits and the output of the first one. */
function windowOf<Call extends WaitingCall>(
  waiting: Map<Call, ReadonlySet<number>>,
): WaitingText<Call>[] {
  const window: WaitingText<Call>[] = [];
  let first: Call | undefined;
  for (const [call, positions] of waiting) {
    if (call.isPaused) continue;
    first ??= call;
    if (call.output !== first.output || !areEqual(call.limits, first.limits)) continue;
    for (const position of positions) {
      if (window.push({ call, position }) === windowSize) return window;
    }
  }
  return window;
}

function areEqual(a: BatchLimits, b: BatchLimits): boolean {
  return a.maxBatchTokens === b.maxBatchTokens && a.batchSize === b.batchSize;
}

/** With several sessions, makes batches smaller, so that none is idle at the end. */
function shareOut(
  lengths: readonly number[],
  { maxBatchTokens, batchSize }: BatchLimits,
  { overhead }: BatchCost,
  { count, busyTokens }: Sessions,
): BatchLimits {
  if (count === 1) return { maxBatchTokens, batchSize };
  const tokens = lengths.reduce((sum, length) => sum + length, busyTokens);
  const share = Math.ceil(tokens / count);
  const smallest = Math.max(overhead / maxSharingCost, 1);
  return { maxBatchTokens: Math.min(maxBatchTokens, Math.max(share, smallest)), batchSize };
}

function partsOf<Call>(texts: readonly WaitingText<Call>[]): BatchPart<Call>[] {
  const positions = new Map<Call, number[]>();
  for (const { call, position } of texts) {
    const ofCall = positions.get(call);
    if (ofCall) ofCall.push(position);
    else positions.set(call, [position]);
  }
  return Array.from(positions, ([call, positions]) => ({ call, positions }));
}

/** Removes texts of a call. What is left of it waits for its next turn. */
function moveToEnd<Call>(
  waiting: Map<Call, Set<number>>,
  call: Call,
  taken: readonly number[],
): void {
  const left = waiting.get(call)!;
  for (const position of taken) left.delete(position);
  waiting.delete(call);
  if (left.size > 0) waiting.set(call, left);
}
