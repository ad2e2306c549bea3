import type { CallContext } from "../threads/messages.ts";
import { serveCalls } from "../threads/serve-calls.ts";
import { GalaxyLayout, layoutWidth } from "./galaxy-layout.ts";

export interface LayoutProgress {
  readonly done: number;
  readonly total: number;
  /** x and y of each text by turns. */
  readonly places: Float32Array<ArrayBuffer>;
}

const seed = 42;
const millisecondsBetweenReports = 80;

let layout = new GalaxyLayout();

const methods = {
  /** Adds vectors of `width` numbers, of which the first are used. */
  add({ vectors, width }: { vectors: Float32Array; width: number }): Float32Array<ArrayBuffer> {
    for (let from = 0; from < vectors.length; from += width) {
      layout.add(normalized(vectors.subarray(from, from + layoutWidth)));
    }
    return layout.places();
  },

  place(places: Float32Array): void {
    layout.place(places);
  },

  /** Lets UMAP find better places, and reports them while it does. */
  async fit(_: undefined, { report, signal }: CallContext<LayoutProgress>): Promise<void> {
    const current = layout;
    const { epochs, step } = current.fit(seed);
    let reported = 0;
    for (let epoch = 1; epoch <= epochs; epoch++) {
      step();
      if (epoch < epochs && performance.now() - reported < millisecondsBetweenReports) continue;
      await messagesGotThrough();
      if (signal.aborted || layout !== current) return;
      const places = current.places();
      report({ done: epoch, total: epochs, places }, [places.buffer]);
      reported = performance.now();
    }
  },

  clear(): void {
    layout = new GalaxyLayout();
  },
};

export type LayoutMethods = typeof methods;

serveCalls(methods);

function normalized(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, number) => sum + number * number, 0)) || 1;
  return vector.map((number) => number / length);
}

function messagesGotThrough(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
