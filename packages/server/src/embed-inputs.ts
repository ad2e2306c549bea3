import type { Embedder, EncodeOptions, EncodeStatistics } from "@embeddinggemma/core";
import { RequestError } from "./http/request-error.ts";

/** A text, or the token ids of one. */
export type Input = string | readonly number[];

/** How inputs are embedded. */
export interface EmbedSettings {
  /** Put before every input. */
  readonly prompt: string;
  /** Cut inputs that are too long. */
  readonly truncate: boolean;
  readonly truncationSide?: "left" | "right" | undefined;
  readonly normalize?: boolean | undefined;
  /** Length of the vectors. @default `embedder.dimension` */
  readonly dimensions?: number | null | undefined;
  /** @default that of the embedder */
  readonly maxBatchTokens?: number | undefined;
  readonly signal: AbortSignal;
}

/** Vectors, or token vectors, of inputs, and what they took. */
export interface Embedded<T> {
  readonly vectors: readonly T[];
  readonly statistics: InputStatistics;
}

/** What a request took. */
export interface InputStatistics extends EncodeStatistics {
  readonly characters: number;
  /**
   * Number of texts whose vectors are answered, and have no prompt: the request named none, and the
   * texts do not begin with one of the model's.
   */
  readonly unprompted: number;
}

/**
 * Embeds inputs as TEI does. Token ids are embedded as they are; with a prompt, their text is.
 *
 * @throws RequestError, the errors of the embedder
 */
export function embedInputs(
  embedder: Embedder,
  inputs: readonly Input[],
  { dimensions, normalize, ...settings }: EmbedSettings,
): Promise<Embedded<Float32Array>> {
  checkDimensions(embedder, dimensions);
  const vector = {
    ...(dimensions && { truncateDim: dimensions, allowUntrainedDim: true }),
    ...(normalize !== undefined && { normalize }),
  };
  return run(embedder, inputs, settings, {
    ofTexts: (texts, options) => embedder.encode(texts, { ...options, ...vector }),
    ofTokens: (ids, { prompt: _prompt, ...options }) =>
      embedder.encodeTokens(ids, { ...options, ...vector }),
  });
}

/** Computes the vectors of all tokens of inputs. See {@link embedInputs}. */
export function embedTokensOf(
  embedder: Embedder,
  inputs: readonly Input[],
  settings: Omit<EmbedSettings, "dimensions" | "normalize">,
): Promise<Embedded<readonly Float32Array[]>> {
  return run(embedder, inputs, settings, {
    ofTexts: (texts, options) => embedder.encodeTokenEmbeddings(texts, options),
    ofTokens: (ids, { prompt: _prompt, ...options }) =>
      embedder.encodeTokenEmbeddings(ids, options),
  });
}

type RunOptions = Pick<
  EncodeOptions,
  | "prompt"
  | "truncation"
  | "truncationSide"
  | "maxBatchTokens"
  | "batchSize"
  | "onFinish"
  | "signal"
>;

/** One method of the embedder for texts, one for token ids. */
interface Methods<T> {
  ofTexts(texts: readonly string[], options: RunOptions): Promise<T[]>;
  ofTokens(ids: readonly (readonly number[])[], options: RunOptions): Promise<T[]>;
}

async function run<T>(
  embedder: Embedder,
  inputs: readonly Input[],
  { prompt, truncate, truncationSide, maxBatchTokens, signal }: EmbedSettings,
  methods: Methods<T>,
): Promise<Embedded<T>> {
  const empty = inputs.findIndex((input) => input.length === 0);
  if (empty >= 0) throw emptyInput(inputs.length === 1 ? undefined : `index ${empty}`);
  refuseUnknownIds(embedder, inputs);
  const limit = charactersPerToken * embedder.maxTokens;
  if (!truncate) refuseLongTexts(inputs, limit);
  const side = truncationSide ?? embedder.description.truncationSide ?? "right";
  const prepared = inputs
    .map((input) => (prompt === "" ? input : textOf(embedder, input)))
    .map((input) => (typeof input === "string" ? cutText(input, limit, side) : input));
  const texts = prepared.filter((input) => typeof input === "string");
  const ids = prepared.filter((input) => typeof input !== "string");
  const parts: EncodeStatistics[] = [];
  const options: RunOptions = {
    prompt,
    truncation: truncate ? "cut" : "error",
    truncationSide,
    maxBatchTokens,
    // Else the vector of a text would depend on the texts of other clients.
    ...(!embedder.batchInvariant && { batchSize: 1 }),
    onFinish: (statistics) => parts.push(statistics),
    signal,
  };
  const [ofTexts, ofTokens] = await Promise.all([
    texts.length > 0 ? methods.ofTexts(texts, options) : [],
    ids.length > 0 ? methods.ofTokens(ids, options) : [],
  ]);
  const next = { text: 0, ids: 0 };
  const vectors = prepared.map((input) =>
    typeof input === "string" ? ofTexts[next.text++]! : ofTokens[next.ids++]!,
  );
  return {
    vectors,
    statistics: {
      ...statisticsOf(parts, inputs),
      unprompted: countUnprompted(embedder, inputs, prompt),
    },
  };
}

/**
 * The error for an input without text. It begins as TEI's, which does not say which one is empty.
 */
export function emptyInput(which?: string): RequestError {
  const end = which === undefined ? "" : ` (${which})`;
  return new RequestError("Empty", `Input validation error: \`inputs\` cannot be empty${end}`);
}

function textOf({ tokenizer }: Embedder, input: Input): string {
  return typeof input === "string" ? input : tokenizer.decode(input);
}

/**
 * The model would fail on them, and with it the texts of other clients in the same batch. TEI
 * leaves them out.
 *
 * @throws RequestError
 */
function refuseUnknownIds({ tokenizer }: Embedder, inputs: readonly Input[]): void {
  for (const input of inputs) {
    if (typeof input === "string") continue;
    const unknown = input.find((id) => tokenizer.has?.(id) === false);
    if (unknown === undefined) continue;
    throw new RequestError(
      "Validation",
      "Input validation error: `inputs` must have token ids of the model's vocabulary. " +
        `Given: ${unknown}`,
    );
  }
}

/**
 * TEI's limit of a text is this times the tokens of the model. It saves tokenizing texts that are
 * much too long, which would block the server: a row of one letter is tokenized as a whole.
 */
const charactersPerToken = 250;

/** @throws RequestError */
function refuseLongTexts(inputs: readonly Input[], limit: number): void {
  for (const input of inputs) {
    if (typeof input !== "string" || input.length <= limit) continue;
    throw new RequestError(
      "Validation",
      "Input validation error: `inputs` must have less than " +
        `${limit} characters. Given: ${input.length}`,
    );
  }
}

/** Cuts a text, but no surrogate pair. */
export function cutText(text: string, limit: number, side: "left" | "right"): string {
  if (text.length <= limit) return text;
  const at = side === "left" ? text.length - limit : limit;
  const isInPair = (text.codePointAt(at - 1) ?? 0) > 0xffff;
  if (side === "left") return text.slice(isInPair ? at + 1 : at);
  return text.slice(0, isInPair ? at - 1 : at);
}

/** @throws RequestError */
function checkDimensions({ description }: Embedder, dimensions: number | null | undefined): void {
  if (dimensions === 0) {
    throw new RequestError(
      "Validation",
      "Input validation error: `dimensions` should be positive",
      { param: "dimensions" },
    );
  }
  if (dimensions && dimensions > description.dimension) {
    throw new RequestError(
      "Validation",
      "Input validation error: `dimensions` should be smaller than the maximum embedding " +
        "dimension.",
      { param: "dimensions" },
    );
  }
}

/** What inputs took that were embedded in parts. */
export function statisticsOf(
  parts: readonly EncodeStatistics[],
  inputs: readonly Input[],
): InputStatistics {
  return { ...longestOf(parts), characters: charactersOf(inputs), unprompted: 0 };
}

/** Token ids are what they are. */
function countUnprompted({ prompts }: Embedder, inputs: readonly Input[], prompt: string): number {
  if (prompt !== "") return 0;
  const beginnings = Object.values(prompts).filter(Boolean).map(beginningOf);
  const isPrompted = (text: string) => beginnings.some((beginning) => text.startsWith(beginning));
  return inputs.filter((input) => typeof input === "string" && !isPrompted(input)).length;
}

/** Of "title: none | text: ", the part that a title leaves as it is. */
function beginningOf(prompt: string): string {
  return prompt.slice(0, prompt.indexOf(":") + 1) || prompt;
}

/** The parts ran at the same time. */
function longestOf(parts: readonly EncodeStatistics[]): EncodeStatistics {
  const longest = (time: Exclude<keyof EncodeStatistics, "tokens">) =>
    Math.max(0, ...parts.map((part) => part[time]));
  return {
    tokens: parts.reduce((sum, { tokens }) => sum + tokens, 0),
    tokenizationTime: longest("tokenizationTime"),
    queueTime: longest("queueTime"),
    inferenceTime: longest("inferenceTime"),
  };
}

function charactersOf(inputs: readonly Input[]): number {
  return inputs.reduce((sum, { length }) => sum + length, 0);
}
