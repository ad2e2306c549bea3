import { FaissStoreError, show } from "../errors.ts";

/** Kinds that keep their vectors in a flat index, which is the last part of the file. */
export const kindsWithFlatEnd: Readonly<Record<string, string>> = {
  IHNf: "IndexHNSWFlat",
  IH00: "IndexHNSW",
  IHfP: "IndexHNSWFlatPanorama",
  IHNc: "IndexHNSWCagra",
  IHc2: "IndexHNSWCagra",
  INSf: "IndexNSGFlat",
  INNf: "IndexNNDescentFlat",
  IxRF: "IndexRefine",
};

/** Kinds that keep only codes, from which the vectors can be computed about, but not exactly. */
const compressing: Readonly<Record<string, string>> = {
  IxHe: "IndexLSH",
  IxHE: "IndexLSH",
  IxPq: "IndexPQ",
  IxPQ: "IndexPQ",
  IxPo: "IndexPQ",
  IxSQ: "IndexScalarQuantizer",
  IxRq: "IndexResidualQuantizer",
  IxRQ: "IndexResidualQuantizer",
  IxLS: "IndexLocalSearchQuantizer",
  IxPR: "IndexProductResidualQuantizer",
  IxPL: "IndexProductLocalSearchQuantizer",
  IxLa: "IndexLattice",
  Ix2L: "Index2Layer",
  IPfs: "IndexPQFastScan",
  ILfs: "IndexLocalSearchQuantizerFastScan",
  IRfs: "IndexResidualQuantizerFastScan",
  Ixrq: "IndexRaBitQ",
  Ixrr: "IndexRaBitQ",
  Irfn: "IndexRaBitQFastScan",
  IRMf: "IndexRowwiseMinMax",
  IRMh: "IndexRowwiseMinMaxFP16",
  IHNp: "IndexHNSWPQ",
  IHNs: "IndexHNSWSQ",
  IHN2: "IndexHNSW2Level",
  INSp: "IndexNSGPQ",
  INSs: "IndexNSGSQ",
  IvPQ: "IndexIVFPQ",
  IwPQ: "IndexIVFPQ",
  IvQR: "IndexIVFPQR",
  IwQR: "IndexIVFPQR",
  IwPf: "IndexIVFPQFastScan",
  IvSQ: "IndexIVFScalarQuantizer",
  IwSQ: "IndexIVFScalarQuantizer",
  IwSq: "IndexIVFScalarQuantizer",
  IwLS: "IndexIVFLocalSearchQuantizer",
  IwRQ: "IndexIVFResidualQuantizer",
  IwPR: "IndexIVFProductResidualQuantizer",
  IwPL: "IndexIVFProductLocalSearchQuantizer",
  IVLf: "IndexIVFLocalSearchQuantizerFastScan",
  IVRf: "IndexIVFResidualQuantizerFastScan",
  Iwrq: "IndexIVFRaBitQ",
  Iwrr: "IndexIVFRaBitQ",
  Iwrn: "IndexIVFRaBitQFastScan",
  IwSh: "IndexIVFSpectralHash",
};

/** Kinds that have their vectors, but in another form. */
const otherForms: Readonly<Record<string, string>> = {
  IvFl: "IndexIVFFlat of an old release",
  IvFL: "IndexIVFFlat of an old release",
  IwFd: "IndexIVFFlatDedup",
  IxFP: "IndexFlatPanorama",
  IxFp: "IndexFlatPanorama",
  IwPn: "IndexIVFFlatPanorama",
  IwP2: "IndexIVFFlatPanorama",
  IxRP: "IndexRefinePanorama",
  IwIQ: "IndexIVFIndependentQuantizer",
  IxPT: "IndexPreTransform",
};

/** How to make a file that can be imported, in Python. */
export const copyInPython =
  "In Python, copy its vectors to a flat index: `flat = faiss.IndexFlatIP(index.d)`, " +
  "`flat.add(index.reconstruct_n(0, index.ntotal))`, `faiss.write_index(flat, path)`.";

/** The error for a file whose vectors cannot be read. */
export function unreadableKind(path: string, fourcc: string): FaissStoreError {
  return notImportable(path, fourcc, reasonFor(fourcc));
}

/** @param reason - completes the sentence "<path> is …" */
export function notImportable(path: string, fourcc: string, reason: string): FaissStoreError {
  return new FaissStoreError("NOT_A_STORE", `${path} is ${reason}`, { path, fourcc });
}

function reasonFor(fourcc: string): string {
  const compressed = compressing[fourcc];
  if (compressed !== undefined)
    return (
      `an ${compressed} of FAISS, which compresses vectors: the original ones are not in the ` +
      "file. Embed the texts again. If you still have the original vectors, write them to an " +
      "IndexFlatIP in Python; `index.reconstruct_n(0, index.ntotal)` returns only approximate ones."
    );
  const other = otherForms[fourcc];
  if (other !== undefined) return `an ${other} of FAISS, which cannot be imported. ${copyInPython}`;
  if (fourcc.startsWith("IB"))
    return "a binary index of FAISS, which has bits instead of vectors. Embed the texts again.";
  if (/^I[\w]{3}$/.test(fourcc))
    return `a FAISS index of the kind ${show(fourcc)}, which cannot be imported. ${copyInPython}`;
  return (
    `not a FAISS index: it begins with ${show(fourcc)} instead of the name of a kind, such as ` +
    "IxFI (flat, inner product) or IxF2 (flat, L2). Pass a file that `faiss.write_index` wrote."
  );
}
