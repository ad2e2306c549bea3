import { UMAP } from "umap-js";
import { NearestNeighbors } from "./nearest-neighbors.ts";
import { findPrincipalAxes, type PrincipalAxes, project } from "./principal-axes.ts";

/** The numbers of each vector that the layout uses (Matryoshka). */
export const layoutWidth = 128;
const neighborCount = 15;
/** With fewer texts, their places on the principal axes say as much. */
const fewestToFit = 30;
/** When the principal axes are found again: the first few texts know little of the later ones. */
const projectAgainAt = new Set([3, 10, 30, 100, 300]);

/** Places vectors in the plane: at once on two principal axes, and better with UMAP. */
export class GalaxyLayout {
  readonly #neighbors = new NearestNeighbors(layoutWidth, neighborCount);
  #places: [number, number][];
  #axes: PrincipalAxes | undefined;
  /** How many texts were there when UMAP ran: later ones are put among their neighbors. */
  #fitted: number;

  /** @param places - places of earlier texts, which get their vectors later */
  constructor(places: readonly [number, number][] = []) {
    this.#places = [...places];
    this.#fitted = places.length;
  }

  /** All places. */
  get places(): readonly [number, number][] {
    return this.#places;
  }

  /** Adds a vector of length 1. It belongs to the next text. */
  add(vector: Float32Array): void {
    this.#neighbors.add(vector);
    const { count } = this.#neighbors;
    if (count <= this.#places.length) return;
    this.#places.push(this.#firstPlace(count - 1));
    if (this.#fitted === 0 && projectAgainAt.has(count)) this.#projectAll();
  }

  /**
   * Starts UMAP from the places that the vectors have.
   *
   * @param epochs - by default as many as UMAP takes for so many vectors
   * @returns the number of epochs, and a function that runs one
   */
  fit(random: () => number, epochs?: number): { epochs: number; step: () => void } {
    const { count } = this.#neighbors;
    if (count < fewestToFit) {
      this.#projectAll();
      return { epochs: 0, step: () => {} };
    }
    const umap = new UMAP({
      nNeighbors: neighborCount,
      minDist: 0.1,
      random,
      ...(epochs !== undefined && { nEpochs: epochs }),
    });
    const found = Array.from({ length: count }, (_, index) => this.#neighbors.of(index));
    umap.setPrecomputedKNN(
      found.map(({ indices }, index) => [index, ...indices].slice(0, neighborCount)),
      found.map(({ cosines }) =>
        [0, ...cosines.map((cosine) => Math.max(0, 1 - cosine))].slice(0, neighborCount),
      ),
    );
    const start = this.#places.slice(0, count);
    const chosen = umap.initializeFit(start);
    const embedding = umap.getEmbedding();
    const scale = 10 / largest(start);
    for (const [index, [x, y]] of start.entries()) {
      embedding[index]![0] = x * scale;
      embedding[index]![1] = y * scale;
    }
    for (let index = count; index < this.#places.length; index++) {
      const [x, y] = this.#places[index]!;
      this.#places[index] = [x * scale, y * scale];
    }
    this.#fitted = count;
    return {
      epochs: epochs ?? chosen,
      step: () => {
        umap.step();
        for (let index = 0; index < count; index++) {
          const [x, y] = embedding[index]!;
          this.#places[index] = [x!, y!];
        }
      },
    };
  }

  #firstPlace(index: number): [number, number] {
    if (this.#fitted > 0) return this.#amongNeighbors(index);
    if (this.#axes) return project(this.#neighbors.row(index), this.#axes);
    return [Math.cos(index * 2.4), Math.sin(index * 2.4)];
  }

  /** The middle of the three nearest, and a step to the side, so that equal texts can be told. */
  #amongNeighbors(index: number): [number, number] {
    const nearest = this.#neighbors.of(index).indices.slice(0, 3);
    const step = largest(this.#places) / 200;
    let x = Math.cos(index * 2.4) * step;
    let y = Math.sin(index * 2.4) * step;
    for (const neighbor of nearest) {
      x += this.#places[neighbor]![0] / nearest.length;
      y += this.#places[neighbor]![1] / nearest.length;
    }
    return [x, y];
  }

  #projectAll(): void {
    const { count } = this.#neighbors;
    if (count < 3) return;
    this.#axes = findPrincipalAxes(this.#neighbors.rows, layoutWidth);
    for (let index = 0; index < count; index++) {
      this.#places[index] = project(this.#neighbors.row(index), this.#axes);
    }
  }
}

function largest(places: readonly [number, number][]): number {
  return places.reduce((most, [x, y]) => Math.max(most, Math.abs(x), Math.abs(y)), 1e-6);
}
