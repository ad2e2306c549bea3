import { type Matrix, rowsBetween, zeros } from "../vectors/matrix.ts";
import type { Compute, Differentiable, Jax, Tensor, ValueAndGradients } from "./jax.ts";

/** The loss functions of {@link tune}, called as in Sentence Transformers. */
export type LossName =
  | "multipleNegativesRanking"
  | "cachedMultipleNegativesRanking"
  | "triplet"
  | "cosent";

export interface LossOptions {
  readonly loss: LossName;
  /** What cosines are multiplied by. */
  readonly scale: number;
  /** How many queries at a time, for `cachedMultipleNegativesRanking`. */
  readonly miniBatchSize: number;
  /** The distance of `triplet`. */
  readonly distance: TripletDistance;
  /** By how much more a negative should be away than the positive, for `triplet`. */
  readonly margin: number;
}

export type TripletDistance = "euclidean" | "cosine";

/** One example: numbers of its texts. */
export interface Example {
  readonly query: number;
  readonly document: number;
  readonly negatives: readonly number[];
  /** How similar the two are, for `cosent`. */
  readonly score?: number | undefined;
}

/**
 * The texts of a batch, in the order of the rows that the loss takes, and what else it takes. Some
 * rows may be there only to fill the matrices: the library compiles the loss for every new shape.
 */
export interface LossBatch {
  readonly queries: readonly number[];
  readonly documents: readonly number[];
  readonly constants: readonly Matrix[];
}

/** The value of a loss, and its gradients. */
export interface LossResult {
  readonly value: number;
  readonly queries: Float32Array;
  /** Undefined if documents stay as they are. */
  readonly documents: Float32Array | undefined;
}

interface Loss {
  batchOf(examples: readonly Example[]): LossBatch;
  readonly compute: Differentiable;
  /** If the loss is a sum over queries that can be computed a few at a time: how many. */
  readonly rowsAtATime?: number;
}

/** Added to a score that must not count. Its exponential is 0. */
const never = -1e9;
/** Matrices are filled up to a multiple of so many rows. */
const fillTo = 16;

/** A loss of vectors cut to several dimensions: MatryoshkaLoss of Sentence Transformers. */
export class MatryoshkaLoss {
  readonly #loss: Loss;
  readonly #dimensions: readonly number[];
  readonly #weights: readonly number[];
  readonly #valueAndGradients: ValueAndGradients;
  readonly bothSides: boolean;

  /**
   * @param bothSides - whether the gradients of documents are wanted
   * @param weights - of the dimensions. @default 1 each
   */
  constructor(
    compute: Compute,
    options: LossOptions,
    dimensions: readonly number[],
    bothSides: boolean,
    weights: readonly number[] = dimensions.map(() => 1),
  ) {
    this.#loss = makeLoss(options);
    this.#dimensions = dimensions;
    this.#weights = weights;
    this.bothSides = bothSides;
    this.#valueAndGradients = compute.gradient(this.#loss.compute, bothSides ? 2 : 1);
  }

  batchOf(examples: readonly Example[]): LossBatch {
    return this.#loss.batchOf(examples);
  }

  dispose(): void {
    this.#valueAndGradients.dispose();
  }

  /** @param queries, documents - vectors of the batch's texts */
  async compute(queries: Matrix, documents: Matrix, batch: LossBatch): Promise<LossResult> {
    let value = 0;
    const gradients = {
      queries: new Float32Array(queries.data.length),
      documents: this.bothSides ? new Float32Array(documents.data.length) : undefined,
    };
    for (const [index, dimension] of this.#dimensions.entries()) {
      const weight = this.#weights[index]!;
      const cutDocuments = leading(documents, dimension);
      for (const rows of rowRanges(queries.rows, this.#loss.rowsAtATime)) {
        const part = await this.#valueAndGradients([
          leading(rowsBetween(queries, rows.start, rows.end), dimension),
          cutDocuments,
          ...batch.constants.map((constant) => rowsBetween(constant, rows.start, rows.end)),
        ]);
        value += weight * part.value;
        const [ofQueries, ofDocuments] = part.gradients;
        const start = rows.start * queries.columns;
        addLeading(
          gradients.queries.subarray(start),
          ofQueries!,
          queries.columns,
          dimension,
          weight,
        );
        if (gradients.documents !== undefined) {
          addLeading(gradients.documents, ofDocuments!, documents.columns, dimension, weight);
        }
      }
    }
    return { value, ...gradients };
  }
}

function makeLoss(options: LossOptions): Loss {
  switch (options.loss) {
    case "multipleNegativesRanking":
      return multipleNegativesRanking(options.scale);
    case "cachedMultipleNegativesRanking":
      return {
        ...multipleNegativesRanking(options.scale),
        rowsAtATime: options.miniBatchSize,
      };
    case "triplet":
      return triplet(options.distance, options.margin);
    case "cosent":
      return cosent(options.scale);
  }
}

/** Cross-entropy of each query's scores for all documents of the batch. */
function multipleNegativesRanking(scale: number): Loss {
  return {
    batchOf(examples) {
      const queries = filled(examples.map(({ query }) => query));
      const positives = examples.map(({ document }) => document);
      const negatives = examples.flatMap((example) => example.negatives);
      const count = positives.length + negatives.length;
      const documents = filled([...positives, ...negatives]);
      const targets = zeros(queries.length, documents.length);
      const bias = zeros(queries.length, documents.length);
      for (let row = 0; row < queries.length; row++) {
        bias.data.fill(never, row * documents.length + count, (row + 1) * documents.length);
        const isExample = row < examples.length;
        if (isExample) targets.data[row * documents.length + row] = 1 / examples.length;
      }
      return { queries, documents, constants: [targets, bias] };
    },
    compute(jax, queries, documents, targets, bias) {
      const scores = cosines(jax, queries!, documents!, scale).add(bias!);
      return jax.numpy.sum(jax.nn.logSoftmax(scores, 1).mul(targets!)).neg();
    },
  };
}

/** Each negative should be farther from the query than the positive, by a margin. */
function triplet(distance: TripletDistance, margin: number): Loss {
  return {
    batchOf(examples) {
      const triplets = examples.flatMap(({ query, document, negatives }) =>
        negatives.map((negative) => ({ query, document, negative })),
      );
      const queries = filled(triplets.map(({ query }) => query));
      const positives = filled(triplets.map(({ document }) => document));
      const negatives = filled(triplets.map(({ negative }) => negative));
      const weights = zeros(queries.length, 1);
      weights.data.fill(1 / triplets.length, 0, triplets.length);
      return { queries, documents: [...positives, ...negatives], constants: [weights] };
    },
    compute(jax, queries, documents, weights) {
      const { numpy } = jax;
      const [count] = queries!.shape as [number];
      const anchors = unit(jax, queries!);
      const both = unit(jax, documents!);
      const positives = both.ref.slice([0, count], []);
      const negatives = both.slice([count, 2 * count], []);
      const apart = distances[distance];
      const excess = apart(jax, anchors.ref, positives).sub(apart(jax, anchors, negatives));
      return numpy.sum(jax.nn.relu(excess.add(margin)).mul(weights!));
    },
  };
}

const distances: Record<TripletDistance, (jax: Jax, a: Tensor, b: Tensor) => Tensor> = {
  cosine: ({ numpy }, a, b) => numpy.sum(a.mul(b), 1, { keepdims: true }).neg().add(1),
  // The gradient of a root has no value at 0, where two vectors are equal.
  euclidean: ({ numpy }, a, b) =>
    numpy.sqrt(numpy.maximum(numpy.sum(numpy.square(a.sub(b)), 1, { keepdims: true }), smallest)),
};

const smallest = 1e-24;

/** Pairs should be in the order of their scores. */
function cosent(scale: number): Loss {
  return {
    batchOf(examples) {
      const queries = filled(examples.map(({ query }) => query));
      const documents = filled(examples.map(({ document }) => document));
      const bias = zeros(queries.length, documents.length);
      bias.data.fill(never);
      bias.data[0] = 0; // A difference of a score from itself is the 1 of log(1 + …).
      for (const [row, { score: higher }] of examples.entries()) {
        for (const [column, { score: lower }] of examples.entries()) {
          if (higher! > lower!) bias.data[row * documents.length + column] = 0;
        }
      }
      return { queries, documents, constants: [bias] };
    },
    compute(jax, queries, documents, bias) {
      const { numpy, nn } = jax;
      const products = unit(jax, queries!).mul(unit(jax, documents!));
      const scores = numpy.sum(products, 1, { keepdims: true }).mul(scale);
      const differences = numpy.transpose(scores.ref).sub(scores).add(bias!);
      return nn.logsumexp(differences);
    },
  };
}

/** Cosines of each query with each document, times `scale`. */
function cosines(jax: Jax, queries: Tensor, documents: Tensor, scale: number): Tensor {
  const { numpy } = jax;
  // Dividing the products by the lengths is faster than making unit vectors.
  const ofQueries = inverseLengths(jax, queries.ref).mul(scale);
  const ofDocuments = numpy.transpose(inverseLengths(jax, documents.ref));
  const products = numpy.matmul(queries, numpy.transpose(documents));
  return products.mul(ofQueries).mul(ofDocuments);
}

function unit(jax: Jax, vectors: Tensor): Tensor {
  return vectors.ref.mul(inverseLengths(jax, vectors));
}

function inverseLengths({ numpy }: Jax, vectors: Tensor): Tensor {
  const squares = numpy.sum(numpy.square(vectors), 1, { keepdims: true });
  return numpy.reciprocal(numpy.sqrt(squares));
}

/** Repeats the first text, up to a multiple of {@link fillTo}. */
function filled(texts: readonly number[]): number[] {
  const length = Math.ceil(texts.length / fillTo) * fillTo;
  return Array.from({ length }, (_, index) => texts[index] ?? texts[0]!);
}

interface RowRange {
  readonly start: number;
  readonly end: number;
}

function rowRanges(rows: number, atATime = rows): RowRange[] {
  const count = Math.ceil(rows / atATime);
  return Array.from({ length: count }, (_, index) => ({
    start: index * atATime,
    end: Math.min((index + 1) * atATime, rows),
  }));
}

/** The leading numbers of each row. */
function leading(matrix: Matrix, columns: number): Matrix {
  if (columns === matrix.columns) return matrix;
  const data = new Float32Array(matrix.rows * columns);
  for (let row = 0; row < matrix.rows; row++) {
    const start = row * matrix.columns;
    data.set(matrix.data.subarray(start, start + columns), row * columns);
  }
  return { data, rows: matrix.rows, columns };
}

/** Adds `part`, whose rows have `columns` numbers, to the leading numbers of the rows of `sum`. */
function addLeading(
  sum: Float32Array,
  part: Float32Array,
  sumColumns: number,
  columns: number,
  weight: number,
): void {
  for (let from = 0, to = 0; from < part.length; from += columns, to += sumColumns) {
    for (let index = 0; index < columns; index++) {
      sum[to + index]! += weight * part[from + index]!;
    }
  }
}
