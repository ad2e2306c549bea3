import type { Embedder } from "@embeddinggemma/core";
import type { AppSettings } from "../options.ts";
import { version } from "../version.ts";

/** What `/info` answers: TEI's fields, and what `Embedder.connect` needs. */
export function infoOf(embedder: Embedder, settings: AppSettings): Record<string, unknown> {
  const { dtype, modelIdentity, batchInvariant, adapter } = embedder;
  const { family: _family, dtypeRules: _rules, ...description } = embedder.description;
  return {
    model_id: embedder.model,
    model_sha: modelIdentity.match(/@([0-9a-f]{40})\?/)?.[1] ?? null,
    model_dtype: dtype === "fp32" ? "float32" : dtype === "fp16" ? "float16" : dtype,
    served_model_name: settings.servedModelName,
    model_type: { embedding: { pooling: description.pooling.join(",") } },
    max_concurrent_requests: settings.maxConcurrentRequests,
    max_input_length: embedder.maxTokens,
    max_batch_tokens: Math.max(settings.maxBatchTokens ?? 1024, embedder.maxTokens),
    max_batch_requests: null,
    max_client_batch_size: settings.maxClientBatchSize,
    auto_truncate: settings.autoTruncate,
    tokenization_workers: 1,
    version,
    sha: null,
    docker_label: null,
    embeddinggemma: {
      identity: modelIdentity,
      dtype,
      batchInvariant,
      description,
      defaultPrompt: settings.defaultPrompt,
      adapter: adapter && {
        sides: adapter.sides,
        rank: adapter.rank,
        dimension: adapter.dimension,
        digest: adapter.digest,
      },
    },
  };
}
