import { type SeededRandom, shuffled } from "../statistics/random.ts";
import type { Example } from "./losses.ts";

interface BatchSettings {
  readonly batchSize: number;
  /**
   * Whether the other documents of a batch count as negatives, as in multiple negatives ranking.
   * Then no text appears twice in a batch, and no query meets another of its documents.
   */
  readonly inBatchNegatives: boolean;
}

/**
 * Batches of all examples, in random order. The last ones may be smaller.
 *
 * With `inBatchNegatives` this is the sampler `NO_DUPLICATES` of Sentence Transformers, which also
 * keeps a query apart from documents that answer it in other examples.
 */
export function makeBatches(
  examples: readonly Example[],
  settings: BatchSettings,
  random: SeededRandom,
): Example[][] {
  const { batchSize, inBatchNegatives } = settings;
  let left = shuffled(examples, random);
  const answers = inBatchNegatives ? answersOf(examples) : undefined;
  const batches: Example[][] = [];
  while (left.length > 0) {
    const batch: Example[] = [];
    const postponed: Example[] = [];
    const texts = answers && new BatchTexts(answers);
    let next = 0;
    for (; next < left.length && batch.length < batchSize; next++) {
      const example = left[next]!;
      const fits = texts === undefined || texts.add(example);
      (fits ? batch : postponed).push(example);
    }
    batches.push(batch);
    left = [...postponed, ...left.slice(next)];
  }
  return batches;
}

type Answers = ReadonlyMap<number, ReadonlySet<number>>;

function answersOf(examples: readonly Example[]): Answers {
  const answers = new Map<number, Set<number>>();
  for (const { query, document } of examples) {
    const documents = answers.get(query) ?? new Set();
    answers.set(query, documents.add(document));
  }
  return answers;
}

/** The texts of a batch. */
class BatchTexts {
  readonly #answers: Answers;
  readonly #queries = new Set<number>();
  readonly #documents = new Set<number>();
  /** Documents that answer a query of the batch. */
  readonly #answering = new Set<number>();

  constructor(answers: Answers) {
    this.#answers = answers;
  }

  /** @returns false for an example that does not fit, which changes nothing */
  add({ query, document, negatives }: Example): boolean {
    const documents = [document, ...negatives];
    const answers = this.#answers.get(query)!;
    const fits =
      !this.#queries.has(query) &&
      documents.every((one) => !this.#documents.has(one) && !this.#answering.has(one)) &&
      Array.from(answers).every((answer) => !this.#documents.has(answer));
    if (!fits) return false;
    this.#queries.add(query);
    for (const one of documents) this.#documents.add(one);
    for (const answer of answers) this.#answering.add(answer);
    return true;
  }
}
