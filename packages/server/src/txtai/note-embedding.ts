import type { EncodeOptions, EncodeStatistics } from "@embeddinggemma/core";
import type { Context } from "hono";
import type { IndexingOptions } from "../documents/document-index-options.ts";
import { statisticsOf } from "../embed-inputs.ts";
import { noteInputs, noteStatistics, noteTruncated } from "../reports/request-report.ts";

/** What an embedder needs to tell how long it took, and to stop when the client goes away. */
export type EmbeddingOptions = Required<Pick<EncodeOptions, "onFinish" | "signal">>;

/** Notes the inputs of a request, and what embedding them took, for its report. */
export async function noteEmbedding<T>(
  context: Context,
  inputs: readonly string[],
  embed: (options: EmbeddingOptions) => Promise<T>,
): Promise<T> {
  noteInputs(context, inputs.length);
  const parts: EncodeStatistics[] = [];
  const onFinish = (part: EncodeStatistics) => void parts.push(part);
  const result = await embed({ onFinish, signal: context.req.raw.signal });
  if (inputs.length > 0) noteStatistics(context, statisticsOf(parts, inputs));
  return result;
}

/** Notes the documents that a request embeds, and what that took, for its report. */
export function noteDocuments(context: Context): IndexingOptions {
  return {
    onTruncate: (id) => noteTruncated(context, id),
    onEmbed: (texts, statistics) => {
      noteInputs(context, texts.length);
      noteStatistics(context, statisticsOf([statistics], texts));
    },
  };
}
