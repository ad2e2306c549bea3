import { isRecord } from "../check.ts";
import type { Output } from "../encoding/waiting-calls.ts";
import type { ModelDescription } from "../model/description.ts";
import { type EmbeddingAnswer, invalidAnswer, readVectors } from "./embedding-answer.ts";
import type { WireAnswer, WireRequest } from "./http-request.ts";
import type { OwnFacts, ServerFacts } from "./server-facts.ts";

/** Header of `@embeddinggemma/server` that changes with the model. */
const identityHeader = "x-model-identity";

/** What is asked of `/embed` or `/embed_all`. */
export interface TeiEmbedSettings {
  readonly output: Output;
  /** Whether the model itself normalizes its vectors. */
  readonly normalized: boolean;
  /** The side on which texts that are too long are cut. */
  readonly truncationSide: "left" | "right";
  /** Length of the vectors, for servers that may cut them by default. */
  readonly dimensions?: number | undefined;
}

/**
 * The request for the vectors of texts or of token ids, or of all their tokens. Texts that are too
 * long are cut.
 */
export function teiEmbedRequest(
  inputs: readonly (string | readonly number[])[],
  { output, normalized, truncationSide, dimensions }: TeiEmbedSettings,
): WireRequest {
  const cut = {
    truncate: true,
    // Older servers know no other side.
    ...(truncationSide === "left" && { truncation_direction: "Left" }),
  };
  return output === "token_embeddings"
    ? { path: "/embed_all", body: { inputs, ...cut } }
    : { path: "/embed", body: { inputs, normalize: normalized, dimensions, ...cut } };
}

/** @throws ServerFailure, `INFERENCE_FAILED` */
export function readTeiEmbeddings(
  { url, body, headers }: WireAnswer,
  count: number,
): EmbeddingAnswer {
  const tokens = headers.get("x-compute-tokens");
  return {
    vectors: readVectors(url, body, count),
    served: headers.get(identityHeader) ?? undefined,
    tokens: tokens && /^\d+$/.test(tokens) ? Number(tokens) : undefined,
  };
}

/**
 * Reads the vectors of all tokens of texts.
 *
 * @returns for each text, the number of its tokens, and their vectors one after the other
 * @throws ServerFailure, `INFERENCE_FAILED`
 */
export function readTeiTokenEmbeddings(
  { url, body }: WireAnswer,
  count: number,
): { rows: number; embeddings: Float32Array }[] {
  if (!Array.isArray(body) || body.length !== count)
    throw invalidAnswer(url, `did not send the token vectors of ${count} texts`);
  return body.map((rows: unknown) => {
    const vectors = readVectors(url, rows, Array.isArray(rows) ? rows.length : 1);
    const width = vectors[0]?.length ?? 0;
    const embeddings = new Float32Array(vectors.length * width);
    vectors.forEach((vector, row) => {
      embeddings.set(vector, row * width);
    });
    return { rows: vectors.length, embeddings };
  });
}

/** A token in the answer of `/tokenize`. */
export interface TeiToken {
  readonly id: number;
  readonly text: string;
  readonly special: boolean;
  /** Offsets in the UTF-8 bytes of prompt and text; null for special tokens. */
  readonly start: number | null;
  readonly stop: number | null;
}

export function teiTokenizeRequest(
  texts: readonly string[],
  { promptName }: { promptName?: string | undefined } = {},
): WireRequest {
  return { path: "/tokenize", body: { inputs: texts, prompt_name: promptName } };
}

/** @throws ServerFailure */
export function readTeiTokens({ url, body }: WireAnswer, count: number): TeiToken[][] {
  const isTokens = (value: unknown) => Array.isArray(value) && value.every(isToken);
  if (Array.isArray(body) && body.length === count && body.every(isTokens))
    return body as TeiToken[][];
  throw invalidAnswer(url, `did not send the tokens of ${count} texts`);
}

function isToken(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const isOffset = (offset: unknown) => offset == null || Number.isInteger(offset);
  return Number.isInteger(value.id) && isOffset(value.start) && isOffset(value.stop);
}

/**
 * Reads the answer of `/info`.
 *
 * @returns null if it does not come from Text Embeddings Inference, or a server like it
 */
export function readInfo({ url, body }: WireAnswer): ServerFacts | null {
  if (!isRecord(body) || typeof body.model_id !== "string") return null;
  const { model_id: model, model_sha: sha, model_dtype: dtype, embeddinggemma } = body;
  if (typeof dtype !== "string" || !("max_input_length" in body)) return null;
  const maxTokens = countIn(body.max_input_length);
  const version = typeof sha === "string" && sha !== "" ? `@${sha}` : "";
  const own = isRecord(embeddinggemma) ? readOwnInfo(embeddinggemma) : null;
  const identity = `${model}${version}?dtype=${dtype}&server=tei&maxTokens=${maxTokens}`;
  return {
    api: "tei",
    baseUrl: url,
    model,
    identity: own?.identity ?? identity,
    dtype,
    maxTokens,
    maxBatchTokens: countIn(body.max_batch_tokens),
    maxItems: countIn(body.max_client_batch_size),
    maxWaiting: countIn(body.max_concurrent_requests),
    serverPrompt: own?.serverPrompt,
    own: own?.facts,
  };
}

/** Reads what `@embeddinggemma/server` adds; null if it is not what this release knows. */
function readOwnInfo(
  info: Readonly<Record<string, unknown>>,
): { identity: string; serverPrompt: string; facts: OwnFacts } | null {
  const { identity, dtype, batchInvariant, description, defaultPrompt, adapter } = info;
  if (typeof identity !== "string" || !isRecord(description)) return null;
  const { dimension, prompts, matryoshkaDimensions, pooling } = description;
  const isComplete = countIn(dimension) && isRecord(prompts) && Array.isArray(pooling);
  if (!isComplete || !Array.isArray(matryoshkaDimensions)) return null;
  // JSON has no Infinity.
  const maxTokens = description.maxTokens ?? Number.POSITIVE_INFINITY;
  const complete = { selfCheck: null, family: null, ...description, maxTokens };
  return {
    identity,
    serverPrompt: typeof defaultPrompt === "string" ? defaultPrompt : "",
    facts: {
      dtype: String(dtype),
      batchInvariant: batchInvariant === true,
      description: complete as unknown as ModelDescription,
      adapterSides: isRecord(adapter) ? String(adapter.sides) : null,
    },
  };
}

function countIn(value: unknown): number | undefined {
  return Number.isInteger(value) && (value as number) >= 1 ? (value as number) : undefined;
}
