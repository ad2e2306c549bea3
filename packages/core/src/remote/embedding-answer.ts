import { isRecord } from "../check.ts";
import { EmbeddingGemmaError, show } from "../errors.ts";
import { ServerFailure } from "./server-failure.ts";
import { shownUrl } from "./shown-url.ts";

/** The vectors of an answer, and what it says about the model. */
export interface EmbeddingAnswer {
  readonly vectors: readonly Float32Array[];
  /** Changes if the model changes; undefined if the answer does not say. */
  readonly served?: string | undefined;
  /** Number of tokens of all texts; undefined if the answer does not say. */
  readonly tokens?: number | undefined;
}

/**
 * Checks the vectors of an answer: as many as texts, all of one length, finite numbers.
 *
 * @param rows - arrays of numbers, or base64 of little-endian float32
 * @throws ServerFailure, `INFERENCE_FAILED`
 */
export function readVectors(url: string, rows: unknown, count: number): Float32Array[] {
  if (!Array.isArray(rows)) throw invalidAnswer(url, `sent ${show(rows)} instead of vectors`);
  if (rows.length !== count)
    throw invalidAnswer(url, `sent ${rows.length} vectors for ${count} texts`);
  const vectors = rows.map((row, index) => readVector(url, row, index));
  const dimension = vectors[0]?.length;
  const other = vectors.findIndex(({ length }) => length !== dimension);
  if (other > 0) {
    const { length } = vectors[other]!;
    throw invalidAnswer(url, `sent vectors of ${dimension} and of ${length} numbers`);
  }
  return vectors;
}

function readVector(url: string, row: unknown, index: number): Float32Array {
  const vector = typeof row === "string" ? decodeBase64(row) : fromNumbers(row);
  if (vector === null || vector.length === 0)
    throw invalidAnswer(url, `sent ${show(row)} as vector ${index}`);
  // JSON has no NaN: servers send null, which counts as one.
  if (vector.every(Number.isFinite)) return vector;
  throw new EmbeddingGemmaError(
    "INFERENCE_FAILED",
    `${shownUrl(url)} sent numbers that are not finite in vector ${index}: the activations ` +
      "of the model overflow. Use another dtype on the server, such as float32 or bfloat16.",
    { url: shownUrl(url), index },
  );
}

function fromNumbers(row: unknown): Float32Array | null {
  if (!Array.isArray(row)) return null;
  const isNumeric = (value: unknown) => typeof value === "number" || value === null;
  return row.every(isNumeric) ? Float32Array.from(row, (value) => value ?? Number.NaN) : null;
}

/** Decodes base64 of little-endian float32; null if it is none. */
function decodeBase64(text: string): Float32Array | null {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    return null;
  }
  if (binary.length % 4 !== 0) return null;
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, index) =>
    view.getFloat32(index * 4, true),
  );
}

/** The failure for an answer that says 200 but is unusable. Another try would give the same. */
export function invalidAnswer(url: string, finding: string): ServerFailure {
  return new ServerFailure(
    `${url} ${finding}. Check that it is an embedding server, and the option \`api\`.`,
    { kind: "stop", url },
  );
}

/** @throws ServerFailure */
export function recordIn(url: string, body: unknown): Record<string, unknown> {
  if (isRecord(body) && !Array.isArray(body)) return body;
  throw invalidAnswer(url, `sent ${show(body)} instead of an object`);
}
