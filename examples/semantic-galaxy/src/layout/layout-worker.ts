import { labelWords } from "../clusters/label-clusters.ts";
import type { CallContext } from "../threads/messages.ts";
import { serveCalls } from "../threads/serve-calls.ts";
import { axesOf, type Chart, chartOf, scaled } from "./chart.ts";
import { GalaxyLayout, layoutWidth } from "./galaxy-layout.ts";
import { randomNumbers } from "./random-numbers.ts";

export interface LayoutProgress {
  readonly done: number;
  readonly total: number;
  readonly chart: Chart;
}

const seed = 42;
const millisecondsBetweenCharts = 60;
const millisecondsBetweenClusters = 600;

let layout = new GalaxyLayout();
/** The words of each text, for the labels of clusters. */
let words: string[][] = [];
let lastChart: Chart | undefined;
let clustered = 0;

const methods = {
  /**
   * Adds the vectors of texts.
   *
   * @param from - the number of the first one
   * @param width - how many numbers each vector has; the first ones are used
   */
  add({
    from,
    vectors,
    width,
    texts,
  }: {
    from: number;
    vectors: Float32Array;
    width: number;
    texts: readonly string[];
  }): Chart {
    for (let at = 0; at < vectors.length; at += width) {
      layout.add(normalized(vectors.subarray(at, at + layoutWidth)));
    }
    for (const [index, text] of texts.entries()) words[from + index] = labelWords(text);
    return chart();
  },

  /** Lets UMAP find better places, and reports them while it does. */
  async fit(
    { epochs: wanted }: { epochs: number },
    { report, signal }: CallContext<LayoutProgress>,
  ): Promise<Chart | undefined> {
    const current = layout;
    const { epochs, step } = current.fit(randomNumbers(seed), wanted);
    let reported = 0;
    for (let epoch = 1; epoch <= epochs; epoch++) {
      step();
      if (performance.now() - reported < millisecondsBetweenCharts) continue;
      report({ done: epoch, total: epochs, chart: chart() });
      await messagesGotThrough();
      if (signal.aborted || layout !== current) return undefined;
      reported = performance.now();
    }
    return chart(true);
  },

  /**
   * Forgets the vectors.
   *
   * @param places - places that the next texts begin at, as x and y by turns
   * @param texts - their texts
   */
  reset({
    places,
    texts,
  }: {
    places: { x: Float32Array; y: Float32Array; color: Uint8Array };
    texts: readonly string[];
  }): Chart {
    const { x, y } = places;
    layout = new GalaxyLayout(Array.from(x, (_, index) => [x[index]!, y[index]!]));
    words = texts.map(labelWords);
    lastChart = { ...places, clusters: [] } as unknown as Chart;
    return chart(true);
  },
};

export type LayoutMethods = typeof methods;

serveCalls(methods);

/** The places now. Clusters are found anew only now and then, unless they must be right. */
function chart(withClusters = false): Chart {
  const square = scaled(layout.places);
  const isDue = performance.now() - clustered > millisecondsBetweenClusters;
  if (withClusters || isDue || !lastChart) {
    lastChart = chartOf(square, words, lastChart?.color ?? new Uint8Array());
    clustered = performance.now();
    return lastChart;
  }
  const color = new Uint8Array(layout.places.length);
  color.set(lastChart.color.subarray(0, color.length));
  return { ...axesOf(square), color, clusters: lastChart.clusters };
}

function normalized(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, number) => sum + number * number, 0)) || 1;
  return vector.map((number) => number / length);
}

function messagesGotThrough(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
