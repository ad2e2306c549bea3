import type { BackendOutput, Batch, RunOptions } from "../backend.ts";
import type { TransformersBackendOptions } from "../transformers-backend.ts";

/** A request to the process that runs a model. */
export type WorkerMessage =
  | { operation: "load"; folder: string; options: TransformersBackendOptions }
  | { operation: "run"; batch: Batch; options?: RunOptions | undefined }
  | { operation: "dispose" };

/** The result of each operation. */
export interface WorkerResults {
  load: undefined;
  run: BackendOutput;
  dispose: undefined;
}
