import { UMAP } from "umap-js";
import { NearestNeighbors } from "./nearest-neighbors.ts";
import { findPrincipalAxes, type PrincipalAxes, project } from "./principal-axes.ts";

/** The numbers of each vector that the layout uses (Matryoshka). */
export const layoutWidth = 128;
const neighborCount = 15;
/** With fewer texts, their places on the principal axes say as much. */
const fewestToFit = 30;

/** Places vectors in the plane: at once on two principal axes, and better with UMAP. */
export class GalaxyLayout {
  #neighbors = new NearestNeighbors(layoutWidth, neighborCount);
  #places: [number, number][] = [];
  #axes: PrincipalAxes | undefined;

  get count(): number {
    return this.#places.length;
  }

  /** Adds a vector of length 1. */
  add(vector: Float32Array): void {
    this.#neighbors.add(vector);
    this.#places.push(this.#firstPlace(this.#neighbors.count - 1));
    if (this.count === 100) this.#projectAll();
  }

  /** Takes places that were found earlier. */
  place(places: Float32Array): void {
    this.#places = Array.from({ length: places.length / 2 }, (_, index) => [
      places[2 * index]!,
      places[2 * index + 1]!,
    ]);
  }

  /** All places as x and y by turns. */
  places(): Float32Array<ArrayBuffer> {
    return Float32Array.from(this.#places.flat());
  }

  /**
   * Runs UMAP from the places that the vectors have.
   *
   * @returns the number of epochs, and a function that runs one
   */
  fit(seed: number): { epochs: number; step: () => void } {
    const count = this.count;
    if (count < fewestToFit) {
      this.#projectAll();
      return { epochs: 0, step: () => {} };
    }
    const umap = new UMAP({
      nNeighbors: neighborCount,
      minDist: 0.1,
      random: randomNumbers(seed),
    });
    const found = Array.from({ length: count }, (_, index) => this.#neighbors.of(index));
    umap.setPrecomputedKNN(
      found.map(({ indices }, index) => [index, ...indices].slice(0, neighborCount)),
      found.map(({ cosines }) =>
        [0, ...cosines.map((cosine) => Math.max(0, 1 - cosine))].slice(0, neighborCount),
      ),
    );
    const epochs = umap.initializeFit(this.#places);
    const embedding = umap.getEmbedding();
    const scale = 10 / largest(this.#places);
    for (const [index, [x, y]] of this.#places.entries()) {
      embedding[index]![0] = x * scale;
      embedding[index]![1] = y * scale;
    }
    return {
      epochs,
      step: () => {
        umap.step();
        for (const [index, [x, y]] of umap.getEmbedding().entries()) {
          this.#places[index] = [x!, y!];
        }
      },
    };
  }

  /** A text that comes after a fit is put among its nearest neighbors. */
  #firstPlace(index: number): [number, number] {
    if (this.#axes) return project(this.#neighbors.row(index), this.#axes);
    return [Math.sin(index * 2.4), Math.cos(index * 2.4)];
  }

  #projectAll(): void {
    if (this.count === 0) return;
    this.#axes = findPrincipalAxes(this.#neighbors.rows, layoutWidth);
    for (let index = 0; index < this.count; index++) {
      this.#places[index] = project(this.#neighbors.row(index), this.#axes);
    }
  }
}

function largest(places: readonly [number, number][]): number {
  return places.reduce((most, [x, y]) => Math.max(most, Math.abs(x), Math.abs(y)), 1e-6);
}

/** Random numbers that are the same for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
