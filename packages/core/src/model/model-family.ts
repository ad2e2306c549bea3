import type { PoolingMode } from "./modules.ts";

/** The beginning of the vector of a text. */
export interface SelfCheckVector {
  /** Name of the prompt; null for none. */
  readonly prompt: "query" | "document" | null;
  readonly text: string;
  /** The first numbers of the full vector, scaled to unit length. */
  readonly start: readonly number[];
}

/** A query, documents, and the cosine of the query with each document, for some dimensions. */
export interface SelfCheckValues {
  readonly query: string;
  readonly documents: readonly string[];
  readonly scores: Readonly<Record<number, readonly number[]>>;
  /** Vectors of some texts. @default none */
  readonly vectors?: readonly SelfCheckVector[];
}

/**
 * What is known about a family of models. ONNX conversions on the Hub often lack the files in which
 * Sentence Transformers describes a model. The files that a repository has always take precedence
 * over this table.
 */
export interface ModelFamily extends DtypeRules {
  readonly name: string;
  /** Matches the name in a repository id, or the name of a folder. */
  readonly pattern: RegExp;
  /** Matches the names of the published model and of its conversions, but of no fine-tune. */
  readonly published?: RegExp;
  /** Repository with ONNX files of the published weights. */
  readonly conversion?: string;
  /** Fields of `config.json` that identify models of this architecture and size. */
  readonly config?: Readonly<Record<string, string | number>>;
  readonly pooling: readonly PoolingMode[];
  readonly maxTokens: number;
  /** Prompts by name. */
  readonly prompts?: Readonly<Record<string, string>>;
  /** Length of a full vector. @default the hidden size, times the number of pooling modes */
  readonly dimension?: number;
  /** Dimensions that the model was trained for. @default not known */
  readonly matryoshkaDimensions?: readonly number[];
  /** Number of Dense layers that the ONNX graph must contain. */
  readonly denseLayers?: number;
  /** Whether the model has a Normalize module. */
  readonly normalized?: boolean;
  /** Scores and vectors of a few texts, for the weights of {@link ModelFamily.published}. */
  readonly selfCheck?: SelfCheckValues;
}

/** dtypes that do not work for an architecture, not even for fine-tuned models. */
export interface DtypeRules {
  /** Why fp16 gives wrong vectors where the device computes in half precision. */
  readonly halfPrecision?: string;
  /** dtypes that give wrong vectors on every device, with the reason. */
  readonly unsupportedDtypes?: Readonly<Record<string, string>>;
  /** The same by device: dtypes that give wrong vectors on it, with the reason. */
  readonly unsupportedOnDevice?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}
