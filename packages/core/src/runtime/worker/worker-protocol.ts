import type { BackendOutput, Batch, RunOptions } from "../backend.ts";
import type { TransformersBackendOptions } from "../transformers-backend.ts";

/** A request to the process that runs a model. */
export type WorkerMessage =
  | { operation: "load"; folder: string; options: TransformersBackendOptions }
  | { operation: "tokenize"; texts: readonly string[] }
  | { operation: "run"; batch: Batch; options?: RunOptions | undefined }
  | { operation: "dispose" };

/** The result of each operation. */
export interface WorkerResults {
  load: undefined;
  tokenize: PackedSequences;
  run: BackendOutput;
  dispose: undefined;
}

/** Token sequences in two arrays, which can be sent without copying each token. */
export interface PackedSequences {
  readonly ids: Int32Array;
  /** The end of each sequence in `ids`. */
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
