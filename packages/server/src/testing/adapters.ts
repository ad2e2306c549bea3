import { Adapter, type AdapterSides, type Embedder } from "@embeddinggemma/core";

/** An adapter of rank 1, which changes the vectors of a model clearly. */
export function adapterFor(embedder: Embedder, sides: AdapterSides): Adapter {
  const { model, dimension } = embedder.withAdapter(null);
  const numbers = (phase: number) =>
    Float32Array.from({ length: dimension }, (_, index) => Math.sin(index + phase));
  return Adapter.from({
    sides,
    dimension,
    weights: { a: numbers(0), b: numbers(1) },
    base: { model, identity: embedder.modelIdentity },
  });
}
