import { checkRetrievalData, type RetrievalData, type TrainingPair } from "./retrieval-data.ts";

/**
 * Makes training pairs of judged queries, such as those of `readBeir(folder, { split: "train" })`:
 * a pair of each query and each of the documents with its highest grade. Documents with a lower
 * grade are left out.
 *
 * @throws EmbeddingGemmaError `INVALID_ARGUMENT`, `DATA_INVALID`
 */
export function trainingPairs(data: RetrievalData): TrainingPair[] {
  const { queries, corpus, relevant } = checkRetrievalData(data);
  return Array.from(queries).flatMap(([id, query]) => {
    const grades = Array.from(relevant.get(id)!);
    const highest = Math.max(...grades.map(([, grade]) => grade));
    return grades
      .filter(([, grade]) => grade === highest)
      .map(([document]) => ({ query, document: corpus.get(document)! }));
  });
}
