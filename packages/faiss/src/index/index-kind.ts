import { FaissStoreError, show } from "../errors.ts";

/** What the store must know of a FAISS index before it builds one. */
export interface IndexKind {
  /** The factory string. */
  readonly factory: string;
  /** Answers exactly what a scan would. */
  readonly isFlat: boolean;
  /**
   * How many vectors FAISS wants before it trains without a warning; 0 where nothing is trained.
   */
  readonly trainingSize: number;
  /** More than these teach it nothing. */
  readonly mostTrainingVectors: number;
  /** Cells of an inverted file. */
  readonly cells: number | undefined;
  readonly isGraph: boolean;
}

const coder = String.raw`(?:Flat|SQ(?:4|6|8|fp16)|PQ(\d+)(?:x(\d+))?)`;
const flat = new RegExp(`^${coder}$`);
const graph = new RegExp(String.raw`^HNSW(\d+)(?:,${coder})?$`);
const invertedFile = new RegExp(String.raw`^IVF(\d+),${coder}$`);

/**
 * FAISS's clustering asks for 39 vectors a centroid and takes at most 256 (`ClusteringParameters`
 * in `faiss/Clustering.h`).
 */
const leastPerCentroid = 39;
const mostPerCentroid = 256;

/**
 * Reads a factory string that fits vectors of `dimension` numbers.
 *
 * @throws FaissStoreError `INVALID_ARGUMENT`
 */
export function parseIndexKind(factory: string, dimension: number): IndexKind {
  const invertedFileMatch = invertedFile.exec(factory);
  const graphMatch = graph.exec(factory);
  const match = flat.exec(factory) ?? graphMatch?.slice(1) ?? invertedFileMatch?.slice(1);
  if (!match) {
    throw new FaissStoreError(
      "INVALID_ARGUMENT",
      `index: ${show(factory)} is none of the FAISS factory strings that the store builds. ` +
        "Take Flat, SQ4, SQ6, SQ8, SQfp16 or PQ<bytes>[x<bits>], alone, behind HNSW<links>, or behind IVF<cells>, " +
        "as in HNSW32,Flat or IVF256,PQ32.",
      { index: factory },
    );
  }
  const [, subspaces, bits] = match.map((part) => (part === undefined ? undefined : Number(part)));
  if (subspaces !== undefined) checkProductQuantizer(factory, subspaces, bits ?? 8, dimension);
  const cells = invertedFileMatch ? Number(invertedFileMatch[1]) : undefined;
  if (cells !== undefined) checkRange(factory, "IVF cells", cells, 1, 65_536);
  if (graphMatch) checkRange(factory, "HNSW links", Number(graphMatch[1]), 2, 256);
  const centroids = Math.max(cells ?? 0, subspaces === undefined ? 0 : 2 ** (bits ?? 8));
  const trainsRanges = /SQ[468]/.test(factory);
  return {
    factory,
    isFlat: factory === "Flat",
    trainingSize: Math.max(centroids * leastPerCentroid, trainsRanges ? 256 : 0),
    mostTrainingVectors: Math.max(centroids * mostPerCentroid, trainsRanges ? 65_536 : 0),
    cells,
    isGraph: graphMatch !== null,
  };
}

function checkProductQuantizer(
  factory: string,
  subspaces: number,
  bits: number,
  dimension: number,
): void {
  checkRange(factory, "PQ bits", bits, 1, 12);
  if (subspaces < 1 || dimension % subspaces !== 0) {
    throw new FaissStoreError(
      "INVALID_ARGUMENT",
      `index: ${show(factory)} cuts vectors into ${subspaces} parts, which does not divide the ${dimension} numbers that the index holds. ` +
        "Take a divisor of searchDimension.",
      { index: factory, dimension },
    );
  }
}

function checkRange(
  factory: string,
  what: string,
  value: number,
  least: number,
  most: number,
): void {
  if (value >= least && value <= most) return;
  throw new FaissStoreError(
    "INVALID_ARGUMENT",
    `index: ${show(factory)} asks for ${value} ${what}; the store builds ${least} to ${most}.`,
    { index: factory },
  );
}
