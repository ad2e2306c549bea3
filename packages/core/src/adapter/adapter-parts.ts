/** The texts that an adapter changes: queries alone, or queries and documents. */
export type AdapterSides = "query" | "both";

/** The side that a text is on. */
export type TextSide = "query" | "document";

/** The model that an adapter was made for. */
export interface AdapterBase {
  /** Its name, for messages: the Hub id or folder. */
  readonly model: string;
  /** {@link Embedder.modelIdentity} of its embedder without an adapter. */
  readonly identity: string;
}

/**
 * The change of a vector, x + x·Δ, as matrices of `dimension` × `dimension`, row by row: Δ itself,
 * or as the product of two, a · b, where `a` has `rank` columns and `b` has `rank` rows.
 */
export type AdapterWeights =
  | { readonly delta: Float32Array }
  | { readonly a: Float32Array; readonly b: Float32Array };

/** What {@link Adapter.from} makes an adapter of. */
export interface AdapterParts {
  /** Which texts it changes. */
  sides: AdapterSides;
  /** Length of the model's full vectors. */
  dimension: number;
  weights: AdapterWeights;
  /** The model that it was trained for. */
  base: AdapterBase;
  /** How it was trained, for people: any JSON object. @default {} */
  training?: Readonly<Record<string, unknown>> | undefined;
}

/** The numbers of an adapter, checked. */
export type AdapterMatrices =
  | { readonly rank: null; readonly delta: Float32Array }
  | { readonly rank: number; readonly a: Float32Array; readonly b: Float32Array };
