import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { startEmbedding } from "./embedding/embedding.ts";
import type { Encoding } from "./embedding/embedding-worker.ts";
import type { ModelChoice } from "./embedding/model-choices.ts";
import { type Dimension, dimension as fullDimension, type Hit } from "./embedding/vector-table.ts";
import { startLayout } from "./layout/layout.ts";
import type { GalaxyText } from "./texts/galaxy-text.ts";
import { loadSample } from "./texts/sample.ts";

export type { ModelChoice } from "./embedding/model-choices.ts";
export type { Dimension, Hit } from "./embedding/vector-table.ts";
export type { GalaxyText } from "./texts/galaxy-text.ts";

/** A group of points that lie close together. */
export interface Cluster {
  /** The words that stand out in it. */
  readonly label: string;
  readonly x: number;
  readonly y: number;
  readonly size: number;
  /** As in {@link Points}. */
  readonly color: number;
}

/** Where the texts are, from -1 to 1. The arrays are replaced, never changed. */
export interface Points {
  /** How many texts have a place: the first ones. */
  readonly count: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** The cluster's color for each text: 0 for none, else 1 to {@link colorCount}. */
  readonly color: Uint8Array;
  /** Another number for other places. */
  readonly version: number;
}

/** How many colors clusters have. */
export const colorCount = 12;

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
  /** Stops the work. Texts that have no vector yet are removed. */
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

const hitCount = 50;

export function createGalaxy(): Galaxy {
  const embedding = startEmbedding();
  const layout = startLayout();
  const base = new URL("./", document.baseURI).href;
  const hub = new URL(location.href).searchParams.get("hub") ?? undefined;

  const texts = signal<readonly GalaxyText[]>([]);
  const points = signal<Points>(noPoints(0));
  const clusters = signal<readonly Cluster[]>([]);
  const model = signal<ModelState>({
    choice: "tiny",
    status: "loading",
    loaded: 0,
    total: undefined,
  });
  const work = signal<Work | undefined>(undefined);
  const problem = signal<string | undefined>(undefined);
  const dimension = signal<Dimension>(fullDimension);
  const prompts = signal(true);
  const query = signal("");
  const hits = signal<readonly Hit[]>([]);
  const fullHits = signal<readonly Hit[]>([]);
  const encoding = computed<Encoding>(() => (prompts.value ? "prompts" : "plain"));
  /** How many texts have a vector, for each encoding. */
  const embedded = { prompts: signal(0), plain: signal(0) };
  let working = new AbortController();

  async function loadModel(choice: ModelChoice): Promise<void> {
    model.value = { choice, status: "loading", loaded: 0, total: undefined };
    try {
      const { device, dtype } = await embedding.call(
        "load",
        { choice, base, hub },
        {
          onProgress: ({ loaded, total }) => {
            model.value = { ...model.value, loaded, total };
          },
        },
      );
      model.value = { ...model.value, status: "ready", device, dtype };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      batch(() => {
        model.value = { ...model.value, status: "failed", message };
        problem.value = message;
      });
      throw error;
    }
  }

  async function embedAll(which: Encoding, signal: AbortSignal): Promise<void> {
    const from = embedded[which].value;
    const documents = texts.value.slice(from).map(({ title = "", text }) => ({ title, text }));
    const start = performance.now();
    const total = documents.length;
    work.value = { kind: "embedding", done: 0, total };
    await embedding.call(
      "embed",
      { encoding: which, documents: documents as never },
      {
        signal,
        onProgress: async ({ from: first, vectors }) => {
          embedded[which].value = first + vectors.length / fullDimension;
          const done = embedded[which].value - from;
          const perSecond = done / ((performance.now() - start) / 1000);
          work.value = { kind: "embedding", done, total, perSecond };
          if (which !== "prompts") return;
          const places = await layout.call(
            "add",
            { vectors, width: fullDimension },
            { transfer: [vectors.buffer] },
          );
          show(places);
        },
      },
    );
  }

  async function fit(signal: AbortSignal): Promise<void> {
    await layout.call("fit", undefined, {
      signal,
      onProgress: ({ done, total, places }) => {
        work.value = { kind: "layout", done, total };
        show(places);
      },
    });
  }

  function show(places: Float32Array): void {
    points.value = pointsOf(places, points.value.version + 1);
  }

  /** Runs work that the visitor can cancel, one after the other. */
  async function run(steps: (signal: AbortSignal) => Promise<void>): Promise<void> {
    working.abort();
    working = new AbortController();
    const { signal } = working;
    try {
      await steps(signal);
    } catch (error) {
      if (!signal.aborted) {
        problem.value = error instanceof Error ? error.message : String(error);
      }
    } finally {
      if (!signal.aborted) work.value = undefined;
    }
  }

  async function replaceTexts(newTexts: readonly GalaxyText[]): Promise<void> {
    await Promise.all([embedding.call("clear", undefined), layout.call("clear", undefined)]);
    batch(() => {
      texts.value = newTexts;
      points.value = noPoints(points.value.version + 1);
      clusters.value = [];
      embedded.prompts.value = 0;
      embedded.plain.value = 0;
    });
  }

  const embedAndFit = () =>
    run(async (signal) => {
      await embedAll("prompts", signal);
      await fit(signal);
    });

  let searching = false;
  let asked: object | undefined;
  async function search(): Promise<void> {
    const question = {
      query: query.value.trim(),
      encoding: encoding.value,
      count: dimension.value,
      k: hitCount,
      texts: embedded[encoding.value].value,
    };
    asked = question;
    if (question.query === "" || model.value.status === "loading") {
      hits.value = [];
      fullHits.value = [];
      return;
    }
    if (searching) return;
    searching = true;
    try {
      const found = await embedding.call("search", question);
      batch(() => {
        hits.value = found.hits;
        fullHits.value = found.fullHits;
      });
    } finally {
      searching = false;
    }
    if (asked !== question) await search();
  }
  effect(() => void search());

  return {
    texts,
    points,
    clusters,
    model,
    work,
    problem,
    dimension,
    prompts,
    query,
    hits,
    fullHits,
    async start() {
      const [sample] = await Promise.all([loadSample(), loadModel("tiny")]);
      await replaceTexts(sample);
      await embedAndFit();
    },
    async useModel(choice) {
      await loadModel(choice);
      await replaceTexts(texts.value);
      await embedAndFit();
    },
    async addText(pasted, name = "Pasted") {
      const added = pasted
        .split(/\n\s*\n/)
        .map((text) => text.trim())
        .filter((text) => text !== "")
        .map((text, index) => ({ id: `${name}-${texts.value.length + index}`, text }));
      texts.value = [...texts.value, ...added];
      await embedAndFit();
    },
    async addFiles(files) {
      for (const file of files) await this.addText(await file.text(), file.name);
    },
    cancel() {
      working.abort();
      batch(() => {
        work.value = undefined;
        texts.value = texts.value.slice(0, embedded.prompts.value);
      });
    },
    async clear() {
      working.abort();
      work.value = undefined;
      await replaceTexts([]);
    },
    async showSample() {
      working.abort();
      await replaceTexts(await loadSample());
      await embedAndFit();
    },
    compare: (left, right) => embedding.call("compare", { left, right, encoding: encoding.value }),
    neighbors: (index, k) =>
      embedding.call("neighbors", { index, k, encoding: encoding.value, count: dimension.value }),
    exportJson: async () => new Blob([JSON.stringify({ texts: texts.value })]),
    exportFaiss: async () => new Blob([]),
  };
}

function noPoints(version: number): Points {
  return {
    count: 0,
    x: new Float32Array(),
    y: new Float32Array(),
    color: new Uint8Array(),
    version,
  };
}

/** Scales places to the square from -1 to 1. */
function pointsOf(places: Float32Array, version: number): Points {
  const count = places.length / 2;
  const x = new Float32Array(count);
  const y = new Float32Array(count);
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let index = 0; index < count; index++) {
    x[index] = places[2 * index]!;
    y[index] = places[2 * index + 1]!;
    left = Math.min(left, x[index]!);
    right = Math.max(right, x[index]!);
    bottom = Math.min(bottom, y[index]!);
    top = Math.max(top, y[index]!);
  }
  const scale = 2 / (Math.max(right - left, top - bottom) || 1);
  for (let index = 0; index < count; index++) {
    x[index] = (x[index]! - (left + right) / 2) * scale;
    y[index] = (y[index]! - (bottom + top) / 2) * scale;
  }
  return { count, x, y, color: new Uint8Array(count), version };
}
