import type { Backend } from "../runtime/backend.ts";
import type { Dtype } from "../runtime/dtype.ts";
import type { InferenceQueue } from "../runtime/inference-queue.ts";
import type { ModelDescription } from "./description.ts";

/** A model that is ready to run. */
export interface LoadedModel {
  readonly backend: Backend;
  readonly description: ModelDescription;
  readonly queue: InferenceQueue;
  readonly dtype: Dtype;
  /** Identity of the full vectors; see `identity.ts`. */
  readonly identity: string;
}
