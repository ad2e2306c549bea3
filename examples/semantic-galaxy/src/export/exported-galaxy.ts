import type { GalaxyText } from "../texts/galaxy-text.ts";

/** What is exported. */
export interface ExportedGalaxy {
  readonly texts: readonly GalaxyText[];
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** The model that made the vectors, as `embedder.identity`. */
  readonly identity: string;
  readonly dimension: number;
  /** The vectors of the texts from one number to another, one after the other. */
  readonly vectors: (from: number, to: number) => Promise<Float32Array<ArrayBuffer>>;
}

/** Texts that are written at once, before the page gets its turn. */
export const textsAtOnce = 128;
