import type { IndexKind } from "./index-kind.ts";
import type { Command, IndexSpecification } from "./protocol.ts";

/**
 * How long the FAISS process may take before it is killed. The limits catch a process that hangs
 * (stopped, swapped out, busy with a damaged index); they are many times what a slow machine needs.
 * Tests shorten them.
 */
export const timeLimits = {
  /** For starting the process and loading `faiss-node`. */
  startMilliseconds: 30_000,
  /** For any command, however small. */
  minMilliseconds: 10_000,
  /** Added for the work of a command, see {@link timeLimitOf}. Two cores do 10 to 100 times this. */
  stepsPerMillisecond: 100_000,
};

/** An index that the process holds. */
export interface HeldIndex {
  specification: IndexSpecification;
  kind: IndexKind;
  /** Vectors that it holds. */
  rows: number;
  /** Numbers that were handed over to train it. */
  trainingNumbers: number;
}

/**
 * Milliseconds that the FAISS process may take for a command, from when it has answered the one
 * before: {@link timeLimits.minMilliseconds} and more for the work, counted in steps of about one
 * multiplication:
 *
 * - `train`: each number, with each centroid, in 25 rounds, four times over: training a product
 *   quantizer is slow for its number of steps.
 * - `add`: each number, with each centroid or with the candidates for a link of a graph.
 * - `search`: each number of the queries, with each vector that the index holds.
 * - `write`, `read`: 100 steps for each number in the file.
 *
 * For 100,000 vectors of 128 numbers this gives a search 10.1 s and a write 23 s; training
 * `IVF256,Flat` with 65,536 vectors of 768 numbers has 3.6 hours.
 */
export function timeLimitOf(command: Command, index: HeldIndex): number {
  const { minMilliseconds, stepsPerMillisecond } = timeLimits;
  return Math.min(
    minMilliseconds + stepsOf(command, index) / stepsPerMillisecond,
    maxTimerMilliseconds,
  );
}

/** Longer timers fire at once. */
const maxTimerMilliseconds = 2 ** 31 - 1;

/** Rounds of k-means (`ClusteringParameters::niter`). */
const trainingRounds = 25;
const trainingAllowance = 4;
/** Candidates for the links of a new vector in a graph (`HNSW::efConstruction`). */
const linkCandidates = 40;
const stepsPerNumberOfFile = 100;

function stepsOf(
  command: Command,
  { specification: { dimension }, kind, rows, trainingNumbers }: HeldIndex,
): number {
  switch (command.operation) {
    case "train":
      return trainingNumbers * kind.centroids * trainingRounds * trainingAllowance;
    case "add":
      return command.vectors.length * comparisonsPerVector(kind);
    case "search":
      return command.queries.length * rows;
    case "write":
      return rows * (dimension + 2 * kind.links) * stepsPerNumberOfFile;
    case "read":
      return command.rows * (dimension + 2 * kind.links) * stepsPerNumberOfFile;
    default:
      return 0;
  }
}

function comparisonsPerVector({ centroids, links }: IndexKind): number {
  return Math.max(1, centroids, linkCandidates * 2 * links);
}
