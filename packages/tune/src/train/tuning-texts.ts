import type { DocumentInput } from "@embeddinggemma/core";
import { invalidData } from "../check.ts";
import {
  type DataWarning,
  type TrainablePair,
  tooFew,
  warningsOf,
} from "../data/check-training.ts";
import { count } from "../data/data-error.ts";
import { documentKey } from "../data/document-key.ts";
import { Numbering } from "../data/numbering.ts";
import type { CheckedRetrievalData } from "../data/retrieval-data.ts";
import { seededRandom, shuffled } from "../statistics/random.ts";
import type { Example, LossName } from "./losses.ts";

/** The distinct texts of the pairs, and examples that name them by their numbers. */
export interface TuningTexts {
  readonly queries: readonly string[];
  readonly documents: readonly DocumentInput[];
  readonly examples: readonly Example[];
  readonly warnings: readonly DataWarning[];
}

/** @throws `DATA_INVALID` for pairs that the loss cannot learn from */
export function numberTexts(pairs: readonly TrainablePair[], loss: LossName): TuningTexts {
  const queries = new Numbering<string>((query) => query);
  const documents = new Numbering<DocumentInput>(documentKey);
  const examples = pairs.map(
    ({ query, document, negatives, score }): Example => ({
      query: queries.numberOf(query),
      document: documents.numberOf(document),
      negatives: Array.from(new Set(negatives.map((one) => documents.numberOf(one)))),
      score,
    }),
  );
  const isUsed = ({ negatives }: Example) => loss !== "triplet" || negatives.length > 0;
  const used = examples.filter(isUsed);
  if (used.length === 0) {
    const message = "The loss `triplet` has nothing to learn from: no pair has negatives";
    throw invalidData(`${message}; \`mineHardNegatives\` finds some.`, { loss });
  }
  if (loss === "cosent" && new Set(used.map(({ score }) => score)).size < 2) {
    throw invalidData(
      "All pairs have the same score. The loss `cosent` learns from pairs with different scores.",
      { loss },
    );
  }
  const unused = examples.filter((example) => !isUsed(example));
  const warnings = warningsOf(
    "EMBEDDINGGEMMA_UNUSED_PAIRS",
    unused.map(({ query }) => queries.values[query]!),
    (number) =>
      `${count(number, "pair", "pairs")} without negatives, which the loss \`triplet\` needs, ` +
      `${number === 1 ? "is" : "are"} left out`,
  );
  return { queries: queries.values, documents: documents.values, examples: used, warnings };
}

/** Keeps a tenth of the queries for validation. */
export function holdOut(
  texts: TuningTexts,
  seed: number,
): { training: TuningTexts; validation: CheckedRetrievalData } {
  const { examples } = texts;
  const isAnswer = ({ score }: Example) => score === undefined || score > 0;
  const all = Array.from(new Set(examples.filter(isAnswer).map(({ query }) => query)));
  const number = Math.max(1, Math.round(all.length / 10));
  if (all.length < 2) throw tooFew("query");
  const heldOut = new Set(shuffled(all, seededRandom(seed)).slice(0, number));
  const relevant = new Map<string, Map<string, number>>();
  for (const example of examples) {
    if (!heldOut.has(example.query) || !isAnswer(example)) continue;
    const id = String(example.query);
    const grades = relevant.get(id) ?? new Map<string, number>();
    relevant.set(id, grades.set(String(example.document), example.score ?? 1));
  }
  const training = examples.filter(({ query }) => !heldOut.has(query));
  return {
    training: { ...texts, examples: training },
    validation: {
      queries: new Map(
        Array.from(relevant.keys(), (id) => [id, texts.queries[Number(id)]!] as const),
      ),
      corpus: new Map(texts.documents.map((document, index) => [String(index), document])),
      relevant,
      skipped: [],
    },
  };
}
