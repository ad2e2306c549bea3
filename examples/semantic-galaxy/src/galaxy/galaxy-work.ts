import type { Embedding } from "../embedding/embedding.ts";
import type { EmbeddedSlice, Encoding } from "../embedding/embedding-worker.ts";
import { dimension } from "../embedding/vector-table.ts";
import type { LayoutMethods, LayoutProgress } from "../layout/layout-worker.ts";
import type { GalaxyText } from "../texts/galaxy-text.ts";
import { WorkerCallError, type WorkerCalls } from "../threads/call-worker.ts";
import { wordsOf } from "./failure-words.ts";
import type { GalaxyKeeper } from "./galaxy-keeper.ts";
import type { GalaxyState } from "./galaxy-state.ts";

/** UMAP already runs when so many texts are embedded, so that one sees the galaxy form. */
const firstFits = [300, 1000, 2500, 6000];
const epochsOfFirstFits = 150;
const epochsAfterFirstFits = 250;
/** As many as UMAP takes by default for a few texts. */
const epochsOfFewTexts = 500;

/** Embeds the texts that have no vector, and places them: one step after the other. */
export class GalaxyWork {
  readonly #state: GalaxyState;
  readonly #embedding: Embedding;
  readonly #layout: WorkerCalls<LayoutMethods>;
  readonly #keeper: GalaxyKeeper;
  #running: Promise<void> | undefined;
  #step = new AbortController();
  #isFittingEarly = false;

  constructor(
    state: GalaxyState,
    embedding: Embedding,
    layout: WorkerCalls<LayoutMethods>,
    keeper: GalaxyKeeper,
  ) {
    this.#state = state;
    this.#embedding = embedding;
    this.#layout = layout;
    this.#keeper = keeper;
  }

  /** Works until there is nothing to do. */
  start(): Promise<void> {
    this.#running ??= this.#work().finally(() => {
      this.#running = undefined;
      this.#state.work.value = undefined;
    });
    return this.#running;
  }

  /** Ends the step that is under way; the next one begins. */
  endStep(): void {
    this.#step.abort();
  }

  /** Ends all work. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#step.abort();
    await this.#running;
    this.#stopping = false;
  }
  #stopping = false;

  async #work(): Promise<void> {
    for (let step = this.#nextStep(); step; step = this.#nextStep()) {
      this.#step = new AbortController();
      const { signal } = this.#step;
      try {
        await step(signal);
      } catch (error) {
        if (signal.aborted) continue;
        const isOutdated = error instanceof WorkerCallError && error.code === "MODEL_CHANGED";
        if (!isOutdated) this.#state.problem.value = wordsOf(error);
        return;
      }
    }
    await this.#keeper.save();
  }

  #nextStep(): ((signal: AbortSignal) => Promise<void>) | undefined {
    const { running, embedded, texts, prompts, isPlaced } = this.#state;
    if (!running.value || this.#stopping) return undefined;
    const total = texts.value.length;
    if (embedded.prompts.value < total) return (signal) => this.#embed("prompts", signal);
    if (!isPlaced) return (signal) => this.#place(signal);
    if (!prompts.value && embedded.plain.value < total)
      return (signal) => this.#embed("plain", signal);
    return undefined;
  }

  async #embed(encoding: Encoding, signal: AbortSignal): Promise<void> {
    const { embedded, texts, work } = this.#state;
    const count = embedded[encoding];
    const from = count.value;
    const documents = texts.value.slice(from).map(({ title = "", text }) => ({ title, text }));
    const total = documents.length;
    const start = performance.now();
    const early = new AbortController();
    work.value = { kind: "embedding", done: 0, total };
    const onProgress = (slice: EmbeddedSlice): void => {
      count.value = slice.from + slice.vectors.length / dimension;
      const done = count.value - from;
      const perSecond = done / ((performance.now() - start) / 1000);
      work.value = { kind: "embedding", done, total, perSecond };
      void this.#keeper.keepVectors(encoding, slice);
      if (encoding !== "prompts") return;
      this.#addToLayout(slice).catch((error) => {
        this.#state.problem.value = wordsOf(error);
      });
      const before = slice.from;
      if (firstFits.some((at) => before < at && at <= count.value))
        void this.#fitEarly(early.signal);
    };
    try {
      const argument = { encoding, from, documents };
      await this.#embedding.worker.call("embed", argument, { signal, onProgress });
    } finally {
      early.abort();
    }
  }

  async #addToLayout({ from, vectors }: EmbeddedSlice): Promise<void> {
    const { texts, chart } = this.#state;
    const added = texts.value.slice(from, from + vectors.length / dimension).map(labelText);
    const argument = { from, vectors, width: dimension, texts: added };
    chart.value = await this.#layout.call("add", argument, { transfer: [vectors.buffer] });
  }

  async #fitEarly(signal: AbortSignal): Promise<void> {
    if (this.#isFittingEarly) return;
    this.#isFittingEarly = true;
    const onProgress = ({ chart }: LayoutProgress): void => {
      this.#state.chart.value = chart;
    };
    const argument = { epochs: epochsOfFirstFits };
    await this.#layout.call("fit", argument, { signal, onProgress }).catch(() => {});
    this.#isFittingEarly = false;
  }

  async #place(signal: AbortSignal): Promise<void> {
    const { texts, work, chart } = this.#state;
    const epochs = texts.value.length > firstFits[0]! ? epochsAfterFirstFits : epochsOfFewTexts;
    work.value = { kind: "layout", done: 0, total: epochs };
    const onProgress = ({ done, total, chart: next }: LayoutProgress): void => {
      work.value = { kind: "layout", done, total };
      chart.value = next;
    };
    try {
      const placed = await this.#layout.call("fit", { epochs }, { signal, onProgress });
      if (placed) chart.value = placed;
    } finally {
      this.#state.isPlaced = true;
    }
  }
}

/** What the labels of clusters are made of. */
export function labelText({ title = "", text }: GalaxyText): string {
  return `${title} ${text}`;
}
