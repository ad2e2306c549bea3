import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Encoding } from "../embedding/embedding-worker.ts";
import type { ModelChoice } from "../embedding/model-choices.ts";
import { type Dimension, dimension as fullDimension, type Hit } from "../embedding/vector-table.ts";
import type { Chart } from "../layout/chart.ts";
import type { GalaxyText } from "../texts/galaxy-text.ts";
import type { ModelState, Points, Work } from "./galaxy-types.ts";

/** What the parts of the galaxy share. */
export interface GalaxyState {
  readonly texts: Signal<readonly GalaxyText[]>;
  readonly chart: Signal<Chart>;
  readonly points: ReadonlySignal<Points>;
  readonly model: Signal<ModelState>;
  readonly work: Signal<Work | undefined>;
  readonly problem: Signal<string | undefined>;
  readonly dimension: Signal<Dimension>;
  readonly prompts: Signal<boolean>;
  readonly query: Signal<string>;
  readonly hits: Signal<readonly Hit[]>;
  readonly fullHits: Signal<readonly Hit[]>;
  readonly encoding: ReadonlySignal<Encoding>;
  /** The model that works. It is not the one that was asked for while that loads. */
  readonly running: Signal<{ state: ModelState; identity: string } | undefined>;
  /** How many texts have a vector: the first ones. */
  readonly embedded: Readonly<Record<Encoding, Signal<number>>>;
  /** Whether UMAP has placed all texts, or was stopped. */
  isPlaced: boolean;
}

export function createState(): GalaxyState {
  let version = 0;
  const chart = signal<Chart>(emptyChart());
  const prompts = signal(true);
  return {
    texts: signal([]),
    chart,
    points: computed(() => {
      const { x, y, color } = chart.value;
      return { count: x.length, x, y, color, version: ++version };
    }),
    model: signal(loadingState("tiny")),
    work: signal(undefined),
    problem: signal(undefined),
    dimension: signal(fullDimension),
    prompts,
    query: signal(""),
    hits: signal([]),
    fullHits: signal([]),
    encoding: computed(() => (prompts.value ? "prompts" : "plain")),
    running: signal(undefined),
    embedded: { prompts: signal(0), plain: signal(0) },
    isPlaced: true,
  };
}

/** There is nothing to download, until a file turns out not to be in the browser's cache. */
export function loadingState(choice: ModelChoice): ModelState {
  return { choice, status: "loading", loaded: 0, total: 0 };
}

export function emptyChart(): Chart {
  return { x: new Float32Array(), y: new Float32Array(), color: new Uint8Array(), clusters: [] };
}
