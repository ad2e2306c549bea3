import { isRecord } from "../check.ts";
import { type EmbeddingAnswer, invalidAnswer, readVectors, recordIn } from "./embedding-answer.ts";
import type { WireAnswer, WireRequest } from "./http-request.ts";

/** The request for the vectors of texts, as OpenAI defines it. */
export function openaiEmbedRequest(model: string, texts: readonly string[]): WireRequest {
  // As base64, a vector takes less than half the bytes. Servers that do not know it send numbers.
  return { path: "/embeddings", body: { model, input: texts, encoding_format: "base64" } };
}

/** @throws ServerFailure, `INFERENCE_FAILED` */
export function readOpenaiEmbeddings({ url, body }: WireAnswer, count: number): EmbeddingAnswer {
  const answer = recordIn(url, body);
  const data = Array.isArray(answer.data) ? answer.data : undefined;
  const vectors = readVectors(url, data && inOrder(url, data), count);
  const usage = isRecord(answer.usage) ? answer.usage : {};
  const tokens = usage.prompt_tokens ?? usage.total_tokens;
  return {
    vectors,
    served: typeof answer.model === "string" ? answer.model : undefined,
    tokens: typeof tokens === "number" ? tokens : undefined,
  };
}

/** The vectors in the order of their `index`, which every entry has, or none. */
function inOrder(url: string, data: readonly unknown[]): unknown[] {
  const entries = data.map((entry, position) => {
    const { index = position, embedding } = recordIn(url, entry);
    return { index, embedding };
  });
  const ordered: unknown[] = [];
  for (const { index, embedding } of entries) {
    if (!Number.isInteger(index) || (index as number) < 0 || (index as number) >= data.length)
      throw invalidAnswer(url, `sent a vector with the index ${String(index)} of ${data.length}`);
    if (ordered[index as number] !== undefined)
      throw invalidAnswer(url, `sent two vectors with the index ${String(index)}`);
    ordered[index as number] = embedding;
  }
  return ordered;
}

/** A model that a server lists. */
export interface ListedModel {
  readonly id: string;
  /** Maximum length of an input in tokens, as vLLM says it. */
  readonly maxTokens?: number | undefined;
}

/** Reads the answer of `/models`; null if it is no list of models. */
export function readModels(body: unknown): ListedModel[] | null {
  if (!isRecord(body) || !Array.isArray(body.data)) return null;
  const models = body.data.filter((entry) => isRecord(entry) && typeof entry.id === "string");
  if (models.length < body.data.length) return null;
  return models.map(({ id, max_model_len: length }) => ({
    id: id as string,
    maxTokens: Number.isInteger(length) ? (length as number) : undefined,
  }));
}
