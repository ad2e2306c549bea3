import type { EmbeddingModelV4, SharedV4Warning } from "@ai-sdk/provider";
import type { EncodeOptions, LazyEmbedder, Truncation } from "@embeddinggemma/core";
import { toNumbers } from "@embeddinggemma/internal";
import { readCall, type Side } from "./call-options.ts";
import { sdkError } from "./sdk-error.ts";

/** What an id names. */
export interface FoundModel {
  readonly modelId: string;
  readonly embedder: LazyEmbedder;
  readonly side: Side;
}

/** The model of one side, as the SDK takes it. */
export function embeddingModel(
  { modelId, embedder, side: ownSide }: FoundModel,
  onTruncate?: (truncation: Truncation) => void,
): EmbeddingModelV4 {
  return {
    specificationVersion: "v4",
    provider: "embeddingGemma",
    modelId,
    // The embedder makes batches by tokens, which simultaneous calls share.
    maxEmbeddingsPerCall: Number.POSITIVE_INFINITY,
    supportsParallelCalls: true,
    async doEmbed({ values, abortSignal, dimensions, providerOptions }) {
      const warnings: SharedV4Warning[] = [];
      const usage = { tokens: 0 };
      try {
        const call = readCall(values, providerOptions?.embeddingGemma, ownSide);
        const { side, prompt, documents, truncateDim = dimensions } = call;
        const options: EncodeOptions = {
          ...prompt,
          truncateDim,
          signal: abortSignal,
          onTruncate: (truncation) => {
            warnings.push({ type: "other", message: cutText(truncation) });
            onTruncate?.(truncation);
          },
          onFinish: ({ tokens }) => Object.assign(usage, { tokens }),
        };
        if (side === "query" && call.hasTitle)
          warnings.push({ type: "unsupported", feature: "title", details: "Queries have none." });
        const vectors =
          side === "query"
            ? await embedder.encodeQueries(values, options)
            : await embedder.encodeDocument(documents, options);
        return { embeddings: vectors.map(toNumbers), usage, warnings };
      } catch (error) {
        throw sdkError(error, modelId);
      }
    },
  };
}

function cutText({ index, tokens, maxTokens }: Truncation): string {
  return `Value ${index} has ${tokens} tokens, of which only ${maxTokens} are embedded. Split it.`;
}
