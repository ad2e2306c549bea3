import type { DocumentInput } from "@embeddinggemma/core";
import { invalidData, show } from "../check.ts";
import { documentKey } from "../data/document-key.ts";
import { type CheckedRetrievalData, checkTrainingPairs } from "../data/retrieval-data.ts";
import type { Example, LossName } from "./losses.ts";
import { Random } from "./random.ts";
import type { TuningPair } from "./tune-options.ts";

/** The distinct texts of the pairs, and examples that name them by their numbers. */
export interface TuningTexts {
  readonly queries: readonly string[];
  readonly documents: readonly DocumentInput[];
  readonly examples: readonly Example[];
  /** What should be looked at. */
  readonly warnings: readonly string[];
}

/** @throws `INVALID_ARGUMENT`, `DATA_INVALID` */
export function numberTexts(pairs: readonly TuningPair[], loss: LossName): TuningTexts {
  const checked = checkTrainingPairs(pairs);
  const queries = new Numbering<string>((query) => query);
  const documents = new Numbering<DocumentInput>(documentKey);
  const answers = new Map<string, Set<string>>();
  for (const { query, document } of checked) {
    const keys = answers.get(query) ?? new Set();
    answers.set(query, keys.add(documentKey(document)));
  }
  let positives = 0;
  const examples = checked.map(({ query, document, negatives = [] }, index): Example => {
    // A negative that answers the query in another pair would be unlearned.
    const real = negatives.filter((one) => !answers.get(query)!.has(documentKey(one)));
    positives += negatives.length - real.length;
    const score = pairs[index]!.score;
    if (loss === "cosent") checkScore(score, index);
    return {
      query: queries.numberOf(query),
      document: documents.numberOf(document),
      negatives: Array.from(new Set(real.map((one) => documents.numberOf(one)))),
      score,
    };
  });
  const used = loss === "triplet" ? examples.filter((one) => one.negatives.length > 0) : examples;
  checkUsed(used, examples, loss, positives);
  const warnings: string[] = [];
  if (positives > 0) {
    warnings.push(
      `${positives} ${positives === 1 ? "negative is" : "negatives are"} left out: the same ` +
        "document answers the query in `pairs`.",
    );
  }
  if (used.length < examples.length) {
    warnings.push(`${examples.length - used.length} pairs without negatives are left out.`);
  }
  return { queries: queries.values, documents: documents.values, examples: used, warnings };
}

/** Queries of the data that are also trained with. The figures would be too good. */
export function warnOfLeaks(
  { queries }: Pick<TuningTexts, "queries">,
  data: CheckedRetrievalData,
  name: string,
): string[] {
  const trained = new Set(queries.map(normalized));
  const leaked = Array.from(data.queries.values()).filter((query) =>
    trained.has(normalized(query)),
  );
  if (leaked.length === 0) return [];
  const examples = leaked.slice(0, 3).map((query) => JSON.stringify(query));
  const rest = leaked.length > 3 ? ` and ${leaked.length - 3} more` : "";
  return [
    `${leaked.length} of ${data.queries.size} queries of \`${name}\` are also in \`pairs\`, so ` +
      `its figures are too good: ${examples.join(", ")}${rest}.`,
  ];
}

/** Keeps a tenth of the queries for validation. */
export function holdOut(
  texts: TuningTexts,
  seed: number,
): { training: TuningTexts; validation: CheckedRetrievalData } {
  const { examples } = texts;
  const isAnswer = ({ score }: Example) => score === undefined || score > 0;
  const all = Array.from(new Set(examples.filter(isAnswer).map(({ query }) => query)));
  const count = Math.max(1, Math.round(all.length / 10));
  if (all.length < 2) throw tooFew(examples.length);
  const heldOut = new Set(new Random(seed).shuffled(all).slice(0, count));
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

function checkUsed(
  used: readonly Example[],
  all: readonly Example[],
  loss: LossName,
  positives: number,
): void {
  if (used.length === 0) {
    const reason =
      positives > 0
        ? "every negative answers its query in another pair"
        : "no pair has negatives; `mineHardNegatives` finds some";
    throw invalidData(`The loss \`triplet\` has nothing to learn from: ${reason}.`, { loss });
  }
  const documents = new Set(used.flatMap((one) => [one.document, ...one.negatives]));
  if (used.length < 2 && loss !== "triplet") throw tooFew(all.length);
  if (documents.size < 2) {
    throw invalidData(
      "All pairs have the same document, so there is nothing to tell apart. Add pairs with other " +
        "documents, or `negatives`.",
      { documents: 1 },
    );
  }
  if (loss === "cosent" && new Set(used.map(({ score }) => score)).size < 2) {
    throw invalidData(
      "All pairs have the same score. The loss `cosent` learns from pairs with different scores.",
      { loss },
    );
  }
}

function tooFew(pairs: number) {
  return invalidData(
    `\`pairs\` has ${pairs === 1 ? "one pair" : "one query"}. Training needs pairs with at least ` +
      "two queries; a few hundred are a good start.",
    { pairs },
  );
}

function checkScore(score: unknown, index: number): void {
  if (typeof score === "number" && Number.isFinite(score)) return;
  throw invalidData(
    `pairs[${index}].score must be a finite number for the loss \`cosent\`; it is ${show(score)}.`,
    { index, score },
  );
}

function normalized(text: string): string {
  return text.normalize("NFKC").trim().replace(/\s+/g, " ").toLowerCase();
}

/** Numbers distinct values in the order in which they come. */
class Numbering<T> {
  readonly values: T[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #keyOf: (value: T) => string;

  constructor(keyOf: (value: T) => string) {
    this.#keyOf = keyOf;
  }

  numberOf(value: T): number {
    const key = this.#keyOf(value);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.values.length);
    return this.values.push(value) - 1;
  }
}
