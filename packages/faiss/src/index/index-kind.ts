import { FaissStoreError, show } from "../errors.ts";

/** What the store needs to know about a FAISS index before it builds one. */
export interface IndexKind {
  /** The factory string. */
  readonly factory: string;
  /** Whether a search finds exactly what a scan finds. */
  readonly isFlat: boolean;
  /** The fewest vectors that train it without a warning of FAISS; 0 if it needs no training. */
  readonly trainingSize: number;
  /** The most vectors that FAISS uses to train it. */
  readonly maxTrainingVectors: number;
  /** Cells of an inverted file. */
  readonly cells: number | undefined;
  /** How many centroids training finds: for the cells or the product quantizer; else 0. */
  readonly centroids: number;
  /** Links of each vector in a graph; 0 if the index is not a graph. */
  readonly links: number;
}

const coder = String.raw`(?:Flat|SQ(?:4|6|8|fp16)|PQ(\d+)(?:x(\d+))?)`;
const flat = new RegExp(`^${coder}$`);
const graph = new RegExp(String.raw`^HNSW(\d+)(?:,${coder})?$`);
const invertedFile = new RegExp(String.raw`^IVF(\d+),${coder}$`);

/**
 * For each centroid, FAISS's clustering needs 39 vectors and uses at most 256
 * (`ClusteringParameters` in `faiss/Clustering.h`).
 */
const minPerCentroid = 39;
const maxPerCentroid = 256;

/**
 * Parses a factory string and checks that it fits vectors of `dimension` numbers, if that is known.
 *
 * @throws FaissStoreError `INVALID_ARGUMENT`
 */
export function parseIndexKind(factory: string, dimension: number | undefined): IndexKind {
  const invertedFileMatch = invertedFile.exec(factory);
  const graphMatch = graph.exec(factory);
  const match = flat.exec(factory) ?? graphMatch?.slice(1) ?? invertedFileMatch?.slice(1);
  if (!match) {
    throw new FaissStoreError(
      "INVALID_ARGUMENT",
      `index: the store does not support the factory string ${show(factory)}. ` +
        "Use Flat, SQ4, SQ6, SQ8, SQfp16 or PQ<bytes>[x<bits>], alone or after HNSW<links>, or " +
        "IVF<cells>, such as HNSW32,Flat or IVF256,PQ32.",
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
  dimension: number | undefined,
): void {
  checkRange(factory, "PQ bits", bits, 1, 12);
  checkRange(factory, "PQ bytes", subspaces, 1, 65_536);
  if (dimension !== undefined && dimension % subspaces !== 0) {
    throw new FaissStoreError(
      "INVALID_ARGUMENT",
      `index: ${show(factory)} splits vectors into ${subspaces} parts, but the ${dimension} ` +
        "numbers of the searchDimension cannot be split evenly. Use a divisor of searchDimension.",
      { index: factory, dimension },
    );
  }
}

function checkRange(factory: string, what: string, value: number, min: number, max: number): void {
  if (value >= min && value <= max) return;
  throw new FaissStoreError(
    "INVALID_ARGUMENT",
    `index: ${show(factory)} has ${value} ${what}, but the store supports ${min} to ${max}.`,
    { index: factory },
  );
}
