import type { BackendOutput, Batch } from "../backend.ts";
import type { TransformersBackendOptions } from "../transformers-backend.ts";

/** What the process that runs a model is asked to do. */
export type WorkerMessage =
  | { operation: "load"; folder: string; options: TransformersBackendOptions }
  | { operation: "tokenize"; texts: readonly string[] }
  | { operation: "run"; batch: Batch }
  | { operation: "dispose" };

export interface WorkerResults {
  load: undefined;
  tokenize: PackedSequences;
  run: BackendOutput;
  dispose: undefined;
}

/** Token sequences one after the other, in two arrays that are sent without a copy per token. */
export interface PackedSequences {
  readonly ids: Int32Array;
  /** Where each sequence ends in `ids`. */
  readonly ends: Int32Array;
}

export function packSequences(sequences: readonly (readonly number[])[]): PackedSequences {
  const ends = new Int32Array(sequences.length);
  let end = 0;
  sequences.forEach((sequence, index) => {
    end += sequence.length;
    ends[index] = end;
  });
  const ids = new Int32Array(end);
  sequences.forEach((sequence, index) => {
    ids.set(sequence, ends[index]! - sequence.length);
  });
  return { ids, ends };
}

export function unpackSequences({ ids, ends }: PackedSequences): number[][] {
  return Array.from(ends, (end, index) => Array.from(ids.subarray(ends[index - 1] ?? 0, end)));
}
