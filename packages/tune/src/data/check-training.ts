import { invalidData, show, someOf } from "../check.ts";
import { count } from "./data-error.ts";
import { documentKey } from "./document-key.ts";
import {
  type CheckedPair,
  type CheckedRetrievalData,
  checkTrainingPairs,
  type TrainingPair,
} from "./retrieval-data.ts";

/** A {@link TrainingPair}, with a score where the loss needs one. */
export interface TuningPair extends TrainingPair {
  /** How similar query and document are, higher is more: for the loss `cosent`. */
  readonly score?: number | undefined;
}

/** Something about training data that is worth knowing and does not prevent the training. */
export interface DataWarning {
  readonly code:
    | "EMBEDDINGGEMMA_NEGATIVE_IS_POSITIVE"
    | "EMBEDDINGGEMMA_QUERY_IN_TRAINING"
    | "EMBEDDINGGEMMA_QUERY_IN_VALIDATION"
    | "EMBEDDINGGEMMA_REPEATED_PAIRS"
    | "EMBEDDINGGEMMA_UNUSED_PAIRS";
  readonly message: string;
  /** How often it occurs. */
  readonly count: number;
  /** A few of the queries concerned. */
  readonly examples: readonly string[];
}

/** A {@link TuningPair} that was checked. */
export type TrainablePair = TuningPair & CheckedPair;

/** Pairs that can be trained with. */
export interface CheckedTraining {
  /** Without repetitions, and without negatives that are positives of the same query. */
  readonly pairs: readonly TrainablePair[];
  readonly warnings: readonly DataWarning[];
}

interface TrainingChecks {
  /** Whether each pair needs a score. Otherwise, none may have one. */
  readonly scored?: boolean;
  /** Data that the training must not know, by its name in messages. */
  readonly heldOut?: Readonly<
    Partial<Record<"validation" | "test", CheckedRetrievalData | undefined>>
  >;
}

const maxExamples = 5;

/**
 * Checks what a training gets.
 *
 * @throws `INVALID_ARGUMENT` for anything but an array; `DATA_INVALID` for pairs that are none, an
 * empty query or document, a score that is missing or has no effect, fewer than two different
 * pairs, pairs that all have the same document, and if every negative is a positive of its query
 */
export function checkTraining(
  given: readonly TuningPair[],
  { scored = false, heldOut = {} }: TrainingChecks = {},
): CheckedTraining {
  const all = checkTrainingPairs(given).map((pair, index): TrainablePair => {
    if (pair.query.trim() === "" || documentKey(pair.document).trim() === "")
      throw invalidData(`pairs[${index}] has an empty query or document. Remove it.`, { index });
    const { score } = given[index]!;
    checkScore(score, index, scored);
    return { ...pair, score };
  });
  const repeated = withoutRepetitions(all);
  const cleaned = withoutPositives(repeated.pairs);
  if (new Set(cleaned.pairs.map(keyOfPair)).size < 2) throw tooFew("pair");
  const documents = cleaned.pairs.flatMap(({ document, negatives }) => [document, ...negatives]);
  if (new Set(documents.map(documentKey)).size < 2) {
    throw invalidData(
      "All pairs have the same document, so there is nothing to tell apart. Add pairs with other " +
        "documents, or `negatives`.",
      { documents: 1 },
    );
  }
  const warnings = [
    ...repeated.warnings,
    ...cleaned.warnings,
    ...Object.entries(heldOut).flatMap(([name, data]) => leaksOf(cleaned.pairs, name, data)),
    ...(heldOut.validation ? choosingQueriesOf(heldOut.validation, heldOut.test) : []),
  ];
  return { pairs: cleaned.pairs, warnings };
}

/** The error for `pairs` with only one of what there must be several of. */
export function tooFew(what: "pair" | "query") {
  return invalidData(
    `\`pairs\` has only one ${what}, from which nothing can be learned. Training needs pairs of ` +
      "different queries; a few hundred are a good start.",
    { [what]: 1 },
  );
}

/**
 * @param queries - of each occurrence; without any, there is no warning
 * @param message - what happened to so many
 */
export function warningsOf(
  code: DataWarning["code"],
  queries: readonly string[],
  message: (number: number) => string,
): DataWarning[] {
  if (queries.length === 0) return [];
  const different = [...new Set(queries)];
  const text = `${message(queries.length)}: ${someOf(different, maxExamples)}.`;
  const examples = different.slice(0, maxExamples);
  return [{ code, message: text, count: queries.length, examples }];
}

function withoutRepetitions(pairs: readonly TrainablePair[]): CheckedTraining {
  const known = new Map<string, TrainablePair>();
  const queries: string[] = [];
  for (const pair of pairs) {
    const { score = null, negatives } = pair;
    const key = JSON.stringify([keyOfPair(pair), score, ...negatives.map(documentKey)]);
    if (known.has(key)) queries.push(pair.query);
    else known.set(key, pair);
  }
  const message = (number: number) =>
    `${count(number, "pair repeats", "pairs repeat")} an earlier one, and ${isLeftOut(number)}`;
  return {
    pairs: [...known.values()],
    warnings: warningsOf("EMBEDDINGGEMMA_REPEATED_PAIRS", queries, message),
  };
}

/** A negative that answers the query in another pair would be unlearned. */
function withoutPositives(pairs: readonly TrainablePair[]): CheckedTraining {
  const positives = new Set(pairs.map(keyOfPair));
  const queries: string[] = [];
  const cleaned = pairs.map((pair) => {
    const negatives = pair.negatives.filter((document) => {
      const isPositive = positives.has(keyOfPair({ query: pair.query, document }));
      if (isPositive) queries.push(pair.query);
      return !isPositive;
    });
    return { ...pair, negatives };
  });
  if (queries.length > 0 && cleaned.every(({ negatives }) => negatives.length === 0)) {
    const message = "Every negative is also a document that answers the same query. Remove the";
    throw invalidData(`${message} negatives, or find others with mineHardNegatives.`, {
      negatives: queries.length,
    });
  }
  const message = (number: number) =>
    `${count(number, "negative answers its", "negatives answer their")} query according to ` +
    `\`pairs\`, and ${isLeftOut(number)}`;
  return {
    pairs: cleaned,
    warnings: warningsOf("EMBEDDINGGEMMA_NEGATIVE_IS_POSITIVE", queries, message),
  };
}

function leaksOf(
  pairs: readonly TrainablePair[],
  name: string,
  data: CheckedRetrievalData | undefined,
): DataWarning[] {
  const trained = new Set(pairs.map(({ query }) => normalized(query)));
  const queries = [...(data?.queries.values() ?? [])];
  const known = queries.filter((query) => trained.has(normalized(query)));
  const message = (number: number) =>
    `${number} of ${count(queries.length, "query", "queries")} of \`${name}\` ` +
    `${number === 1 ? "is" : "are"} also in \`pairs\`, so its figures are too good`;
  return warningsOf("EMBEDDINGGEMMA_QUERY_IN_TRAINING", known, message);
}

/** Queries of the test data that also choose the best epoch. */
function choosingQueriesOf(
  validation: CheckedRetrievalData,
  test: CheckedRetrievalData | undefined,
): DataWarning[] {
  const choosing = new Set([...validation.queries.values()].map(normalized));
  const queries = [...(test?.queries.values() ?? [])];
  const known = queries.filter((query) => choosing.has(normalized(query)));
  const message = (number: number) =>
    `${number} of ${count(queries.length, "query", "queries")} of \`test\` ` +
    `${number === 1 ? "is" : "are"} also in \`validation\`, which chooses the best epoch, so its ` +
    "figures are too good";
  return warningsOf("EMBEDDINGGEMMA_QUERY_IN_VALIDATION", known, message);
}

function checkScore(score: unknown, index: number, scored: boolean): void {
  if (!scored) {
    if (score === undefined) return;
    throw invalidData(
      `pairs[${index}].score would have no effect: only the loss \`cosent\` learns from scores. ` +
        "Remove it, or set `loss`.",
      { index, score },
    );
  }
  if (typeof score === "number" && Number.isFinite(score)) return;
  throw invalidData(
    `pairs[${index}].score must be a finite number for the loss \`cosent\`; it is ${show(score)}.`,
    { index, score },
  );
}

function isLeftOut(number: number): string {
  return `${number === 1 ? "is" : "are"} left out`;
}

function keyOfPair({ query, document }: Pick<TrainingPair, "query" | "document">): string {
  return JSON.stringify([query, documentKey(document)]);
}

function normalized(text: string): string {
  return text.normalize("NFKC").trim().replace(/\s+/g, " ").toLowerCase();
}
