import type { ReadonlySignal, Signal } from "@preact/signals";
import type { ModelChoice } from "../embedding/model-choices.ts";
import type { Dimension, Hit } from "../embedding/vector-table.ts";
import type { Cluster } from "../layout/chart.ts";
import type { GalaxyText } from "../texts/galaxy-text.ts";

/** Where the texts are, from -1 to 1. The arrays are replaced, never changed. */
export interface Points {
  /** How many texts have a place: the first ones. */
  readonly count: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** The color of each text's cluster: from 1 to {@link colorCount}, or 0 without a cluster. */
  readonly color: Uint8Array;
  /** Another number for other places. */
  readonly version: number;
}

export interface ModelState {
  readonly choice: ModelChoice;
  readonly status: "loading" | "ready" | "failed";
  /** Bytes that were downloaded. */
  readonly loaded: number;
  /** Bytes to download; undefined if that is not known. */
  readonly total: number | undefined;
  readonly device?: string;
  readonly dtype?: string;
  /** Why it failed. */
  readonly message?: string;
}

export interface Work {
  readonly kind: "embedding" | "layout";
  readonly done: number;
  readonly total: number;
  readonly perSecond?: number;
}

/** What the page shows, and what a visitor can do. */
export interface Galaxy {
  readonly texts: ReadonlySignal<readonly GalaxyText[]>;
  readonly points: ReadonlySignal<Points>;
  readonly clusters: ReadonlySignal<readonly Cluster[]>;
  /** The model that was asked for last. While it loads, and if it fails, the one before works. */
  readonly model: ReadonlySignal<ModelState>;
  /** What is being computed; undefined if nothing is. */
  readonly work: ReadonlySignal<Work | undefined>;
  /** The last thing that went wrong, in words for the visitor. */
  readonly problem: Signal<string | undefined>;
  /** How many numbers of each vector a search compares. */
  readonly dimension: Signal<Dimension>;
  /** Whether queries and documents get the model's prompts. */
  readonly prompts: Signal<boolean>;
  readonly query: Signal<string>;
  /** The best hits of {@link query}, best first, with {@link dimension} and {@link prompts}. */
  readonly hits: ReadonlySignal<readonly Hit[]>;
  /** The same with all 768 numbers, to compare. */
  readonly fullHits: ReadonlySignal<readonly Hit[]>;
  /** Shows the texts of the last visit, or the sample. Resolves when all of them have a place. */
  start(): Promise<void>;
  useModel(choice: ModelChoice): Promise<void>;
  addText(pasted: string, name?: string): Promise<void>;
  addFiles(files: readonly File[]): Promise<void>;
  /** Stops embedding, and removes the texts without a vector; or stops the layout. */
  cancel(): void;
  clear(): Promise<void>;
  showSample(): Promise<void>;
  /** Similarity of two texts for each dimension. */
  compare(left: string, right: string): Promise<Record<Dimension, number>>;
  /** The `k` texts nearest to a text. */
  neighbors(index: number, k: number): Promise<readonly Hit[]>;
  exportJson(): Promise<Blob>;
  /** A zip with a folder that `FaissStore.import` reads. */
  exportFaiss(): Promise<Blob>;
}
