import type { Backend } from "../runtime/backend.ts";
import type { Dtype } from "../runtime/dtype.ts";
import type { ModelDescription } from "./description.ts";

/** A model that is ready to run. */
export interface LoadedModel {
  readonly backend: Backend;
  readonly description: ModelDescription;
  readonly dtype: Dtype;
  /** Operators of the graph that runs, as `domain:type`; undefined if there is no ONNX file. */
  readonly operators?: ReadonlySet<string> | undefined;
  /** Whether the vector of a text does not depend on the other texts of its batch. */
  readonly batchInvariant: boolean;
  /** Number of tokens in the vocabulary, if it is known and needed. */
  readonly vocabularySize?: number | undefined;
  /** Identity of the full vectors; see `identity.ts`. */
  readonly identity: string;
}
