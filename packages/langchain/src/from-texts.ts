import { isRecord } from "@embeddinggemma/internal";
import { Document } from "@langchain/core/documents";
import { checkLengths, checkTexts } from "./check-arguments.ts";

/**
 * Documents for the arguments of `fromTexts`.
 *
 * @param metadatas - one object for each text, or one object for all
 * @throws `INVALID_ARGUMENT`
 */
export function documentsOf(texts: string[], metadatas: object[] | object): Document[] {
  checkTexts(texts);
  const isList = Array.isArray(metadatas);
  if (isList && metadatas.length > 0) checkLengths({ texts, metadatas });
  return texts.map((pageContent, row) => {
    const metadata = isList ? metadatas[row] : metadatas;
    return new Document({ pageContent, metadata });
  });
}

/** `SemanticSimilarityExampleSelector.fromExamples` passes its own options to `fromTexts` too. */
export function withoutSelectorOptions<T extends object>(params: T | undefined): T | undefined {
  if (!isRecord(params)) return params;
  const { k, inputKeys, exampleKeys, ...others } = params as Record<string, unknown>;
  return others as T;
}
