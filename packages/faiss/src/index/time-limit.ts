import type { IndexKind } from "./index-kind.ts";
import type { Command, IndexSpecification } from "./protocol.ts";

/**
 * How long the FAISS process may take before it is killed. The limits are for a process that hangs:
 * one that is stopped, swapped out or busy with a damaged index. They are many times what a slow
 * machine needs. Tests shorten them.
 */
export const timeLimits = {
  /** To start the process and load `faiss-node`. */
  startMilliseconds: 30_000,
  /** For every command. */
  minMilliseconds: 10_000,
  /**
   * Gives a command more time for its work, see {@link timeLimitOf}. Two cores do 10 to 100 times
   * as many steps.
   */
  stepsPerMillisecond: 100_000,
};

/** What the engine knows about an index. */
export interface IndexState {
  specification: IndexSpecification;
  kind: IndexKind;
  /** Number of vectors in the index. */
  rows: number;
  /** How many numbers were sent to train it. */
  trainingNumbers: number;
}

/**
 * Milliseconds that the FAISS process may take for a command, counted from its previous answer:
 * {@link timeLimits.minMilliseconds}, and more for the work. The work is counted in steps, each
 * about one multiplication:
 *
 * - `train`: training numbers × centroids × 25 rounds × 4. A step takes longer when it trains a
 *   product quantizer, hence the 4.
 * - `add`: numbers × centroids, or × the candidates for the links of a graph.
 * - `search`: numbers of all queries × vectors in the index.
 * - `write`, `read`: numbers in the file × 100.
 *
 * With 100,000 vectors of 128 numbers, a search may take 10.1 s and a write 23 s. Training
 * `IVF256,Flat` with 65,536 vectors of 768 numbers may take 3.6 hours.
 */
export function timeLimitOf(command: Command, index: IndexState): number {
  const { minMilliseconds, stepsPerMillisecond } = timeLimits;
  return Math.min(
    minMilliseconds + stepsOf(command, index) / stepsPerMillisecond,
    maxTimerMilliseconds,
  );
}

/** The longest that a timer can run. A longer one fires at once. */
const maxTimerMilliseconds = 2 ** 31 - 1;

/** Rounds of k-means (`ClusteringParameters::niter`). */
const trainingRounds = 25;
const trainingAllowance = 4;
/** Candidates for the links of each new vector in a graph (`HNSW::efConstruction`). */
const linkCandidates = 40;
const stepsPerNumberOfFile = 100;

function stepsOf(
  command: Command,
  { specification: { dimension }, kind, rows, trainingNumbers }: IndexState,
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
