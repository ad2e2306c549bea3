import { FaissStoreError, show } from "../errors.ts";

/** What the store needs to know about a FAISS index before it builds one. */
export interface IndexKind {
  /** The factory string. */
  readonly factory: string;
  /** Gives exactly the answers of a scan. */
  readonly isFlat: boolean;
  /** Vectors that FAISS needs to train without a warning; 0 if it needs no training. */
  readonly trainingSize: number;
  /** FAISS uses at most so many vectors to train. */
  readonly maxTrainingVectors: number;
  /** Cells of an inverted file. */
  readonly cells: number | undefined;
  /** Centroids that training looks for: cells, or the codes of a product quantizer; else 0. */
  readonly centroids: number;
  /** Links of a vector in a graph; 0 if the index is no graph. */
  readonly links: number;
}

const coder = String.raw`(?:Flat|SQ(?:4|6|8|fp16)|PQ(\d+)(?:x(\d+))?)`;
const flat = new RegExp(`^${coder}$`);
const graph = new RegExp(String.raw`^HNSW(\d+)(?:,${coder})?$`);
const invertedFile = new RegExp(String.raw`^IVF(\d+),${coder}$`);

/**
 * FAISS's clustering asks for 39 vectors a centroid and takes at most 256 (`ClusteringParameters`
 * in `faiss/Clustering.h`).
 */
const minPerCentroid = 39;
const maxPerCentroid = 256;

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
      `index: ${show(factory)} is not a FAISS factory string that the store supports. ` +
        "Use Flat, SQ4, SQ6, SQ8, SQfp16 or PQ<bytes>[x<bits>], alone or after HNSW<links>, or " +
        "IVF<cells>, as in HNSW32,Flat or IVF256,PQ32.",
      { index: factory },
    );
  }
  const [, subspaces, bits] = match.map((part) => (part === undefined ? undefined : Number(part)));
  if (subspaces !== undefined) checkProductQuantizer(factory, subspaces, bits ?? 8, dimension);
  const cells = invertedFileMatch ? Number(invertedFileMatch[1]) : undefined;
  if (cells !== undefined) checkRange(factory, "IVF cells", cells, 1, 65_536);
  const links = graphMatch ? Number(graphMatch[1]) : 0;
  if (graphMatch) checkRange(factory, "HNSW links", links, 2, 256);
  const centroids = Math.max(cells ?? 0, subspaces === undefined ? 0 : 2 ** (bits ?? 8));
  const trainsRanges = /SQ[468]/.test(factory);
  return {
    factory,
    isFlat: factory === "Flat",
    trainingSize: Math.max(centroids * minPerCentroid, trainsRanges ? 256 : 0),
    maxTrainingVectors: Math.max(centroids * maxPerCentroid, trainsRanges ? 65_536 : 0),
    cells,
    centroids,
    links,
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
      `index: ${show(factory)} cuts vectors into ${subspaces} parts, but the index holds ` +
        `${dimension} numbers, which ${subspaces} does not divide. Use a divisor of searchDimension.`,
      { index: factory, dimension },
    );
  }
}

function checkRange(factory: string, what: string, value: number, min: number, max: number): void {
  if (value >= min && value <= max) return;
  throw new FaissStoreError(
    "INVALID_ARGUMENT",
    `index: ${show(factory)} asks for ${value} ${what}; the store supports ${min} to ${max}.`,
    { index: factory },
  );
}
