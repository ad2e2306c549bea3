import { EmbeddingGemmaError } from "../errors.ts";
import type { BatchLimits } from "./batches.ts";
import type { EmbeddingModel } from "./embedding-model.ts";
import type { FinishedBatch } from "./embedding-queue.ts";
import type { ModelInput } from "./prompts.ts";
import { withIndex } from "./refused-text.ts";
import type { PreparedText } from "./tokenize.ts";
import type { Output, Priority } from "./waiting-calls.ts";

/** A text that was cut because it has more tokens than the model accepts. */
export interface Truncation {
  /** Index of the text in the input, an array or a stream. */
  readonly index: number;
  /** Length of the text in tokens before the cut, prompt and special tokens included. */
  readonly tokens: number;
  readonly maxTokens: number;
}

/** What a call cost, and where its time went. Times are in milliseconds. */
export interface EncodeStatistics {
  /**
   * Number of tokens of all texts, after the cut, prompt and special tokens included. A text that
   * occurs twice, or that comes from the cache, counts as any other.
   */
  readonly tokens: number;
  /** How long it took to tokenize the texts. */
  readonly tokenizationTime: number;
  /** How long a text waited for the model, on average. */
  readonly queueTime: number;
  /** How long the inference of a text's batch took, on average. */
  readonly inferenceTime: number;
}

/** Options of {@link runTexts}, with all defaults filled in. */
export interface RunSettings extends BatchLimits {
  readonly truncation: "cut" | "error";
  readonly truncationSide?: "left" | "right" | undefined;
  readonly priority: Priority;
  /** Index of the first text in the caller's input. @default 0 */
  readonly firstIndex?: number | undefined;
  readonly onTruncate?: ((truncation: Truncation) => void) | undefined;
  readonly onFinish?: ((statistics: EncodeStatistics) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The texts of a call. All numbers are indices into `texts`. */
export interface CallTexts {
  readonly texts: readonly ModelInput[];
  /** The texts that do not occur before. */
  readonly distinct: readonly number[];
  /** For every text, the index at which it occurs first. */
  readonly firstOf: readonly number[];
  /** Those of `distinct` to embed. */
  readonly missing: readonly number[];
}

/** The part of a batch that belongs to a call. */
interface ReceivedBatch extends FinishedBatch {
  /** Number of tokens of each of its texts. */
  readonly lengths: readonly number[];
  /** Their sum. */
  readonly tokens: number;
}

/** What {@link runTexts} computes, and who receives it. */
export interface RunTarget {
  readonly output: Output;
  /** Called after each batch, see `EmbeddingRequest.receive`. */
  receive(
    indices: readonly number[],
    embeddings: readonly Float32Array[],
    batch: ReceivedBatch,
  ): Promise<void>;
}

/**
 * Prepares texts, checks their lengths, and runs the model on them.
 *
 * @throws `INPUT_TOO_LONG`, the errors of the model, the reason of `signal`
 */
export async function runTexts(
  model: EmbeddingModel,
  { texts, distinct, firstOf, missing }: CallTexts,
  settings: RunSettings,
  { output, receive }: RunTarget,
): Promise<void> {
  const { firstIndex = 0, onFinish, priority, signal } = settings;
  const startedAt = performance.now();
  const toPrepare = needsLengths(settings) || onFinish ? distinct : missing;
  const prepared = await prepareAt(model, texts, toPrepare, settings);
  checkLengths(model, prepared, firstOf, settings);
  const queuedAt = performance.now();
  let queueTime = 0;
  let inferenceTime = 0;
  await model.run({
    texts: missing.map((index) => prepared.get(index)!),
    output,
    priority,
    limits: settings,
    signal,
    indexOf: (position) => firstIndex + missing[position]!,
    receive(positions, embeddings, batch) {
      const share = positions.length / missing.length;
      queueTime += share * (batch.startedAt - queuedAt);
      inferenceTime += share * (batch.endedAt - batch.startedAt);
      const indices = positions.map((position) => missing[position]!);
      const lengths = indices.map((index) => prepared.get(index)!.tokens);
      return receive(indices, embeddings, { ...batch, lengths, tokens: sum(lengths) });
    },
  });
  onFinish?.({
    tokens: sum(firstOf.map((first) => prepared.get(first)!.tokens)),
    tokenizationTime: queuedAt - startedAt,
    queueTime,
    inferenceTime,
  });
}

/** Number of texts to prepare at once. In between, the event loop and an abort get their turn. */
const windowSize = 256;

async function prepareAt(
  model: EmbeddingModel,
  texts: readonly ModelInput[],
  indices: readonly number[],
  settings: RunSettings,
): Promise<Map<number, PreparedText>> {
  const { firstIndex = 0, signal, truncationSide } = settings;
  const prepared = new Map<number, PreparedText>();
  for (let start = 0; start < indices.length; start += windowSize) {
    const window = indices.slice(start, start + windowSize);
    const inputs = window.map((index) => texts[index]!);
    const ofWindow = await model
      .prepare(inputs, { needsLengths: needsLengths(settings), truncationSide, signal })
      .catch((error: unknown) => {
        throw withIndex(error, (row) => firstIndex + window[row]!);
      });
    window.forEach((index, position) => {
      prepared.set(index, ofWindow[position]!);
    });
    signal?.throwIfAborted();
  }
  return prepared;
}

/** Whether to tokenize all texts, even those in the cache. */
function needsLengths({ truncation, onTruncate }: RunSettings): boolean {
  return onTruncate !== undefined || truncation === "error";
}

/** Reports or refuses texts that are too long. */
function checkLengths(
  { description: { maxTokens } }: EmbeddingModel,
  prepared: ReadonlyMap<number, PreparedText>,
  firstOf: readonly number[],
  settings: RunSettings,
): void {
  if (!needsLengths(settings)) return;
  firstOf.forEach((first, position) => {
    const tokens = prepared.get(first)!.fullLength;
    if (tokens <= maxTokens) return;
    const index = (settings.firstIndex ?? 0) + position;
    if (settings.truncation === "error") {
      throw new EmbeddingGemmaError(
        "INPUT_TOO_LONG",
        `Text ${index} has ${tokens} tokens with its prompt, but the limit is ${maxTokens}. ` +
          'Split the text, or set the option `truncation: "cut"`.',
        { index, tokens, maxTokens },
      );
    }
    settings.onTruncate?.({ index, tokens, maxTokens });
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
