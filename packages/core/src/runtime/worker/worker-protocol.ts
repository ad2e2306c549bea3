import type { BackendOutput, Batch } from "../backend.ts";
import type { TransformersBackendOptions } from "../transformers-backend.ts";
import type { PackedError } from "./packed-error.ts";

/**
 * What the main thread asks of the worker that runs a model: argument and result of each request.
 */
export interface WorkerRequests {
  load: { argument: { folder: string; options: TransformersBackendOptions }; result: undefined };
  tokenize: { argument: readonly string[]; result: PackedSequences };
  run: { argument: Batch; result: BackendOutput };
  dispose: { argument: undefined; result: undefined };
}

export interface RequestMessage<Name extends keyof WorkerRequests = keyof WorkerRequests> {
  readonly id: number;
  readonly name: Name;
  readonly argument: WorkerRequests[Name]["argument"];
}

export type ResponseMessage =
  | { readonly id: number; readonly result: WorkerRequests[keyof WorkerRequests]["result"] }
  | { readonly id: number; readonly error: PackedError };

/** Token sequences one after the other, in two arrays that change threads without being copied. */
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
