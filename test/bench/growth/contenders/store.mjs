/** `FaissStore`, by number of vectors and their dimensions. */
import { FaissStore } from "@embeddinggemma/faiss";
import { randomNumbers } from "../../texts.mjs";
import { timesOf } from "../times.mjs";

const clusters = 100;
const neighbours = 10;

export async function prepare() {}

/** @returns the milliseconds to index vectors, and the times of a query */
export async function store({ options, count, dimension, queries, budget }) {
  const vectorOf = clusteredVectors(dimension);
  const items = Array.from({ length: count }, (_, index) => ({
    id: String(index),
    vector: vectorOf(),
    record: null,
  }));
  const questions = Array.from({ length: queries }, vectorOf);
  const started = performance.now();
  const store = await FaissStore.create(options);
  await store.upsert(items);
  const indexed = performance.now() - started;
  let next = 0;
  const times = await timesOf(
    () => store.search(questions[next++ % queries], { k: neighbours }),
    budget,
    { most: 200 },
  );
  await store.close();
  return { indexed, times };
}

/** Vectors of unit length around common centres, whose first numbers say most. */
function clusteredVectors(dimension) {
  const random = randomNumbers(3);
  const weights = Array.from({ length: dimension }, (_, index) => 1 / Math.sqrt(1 + index / 32));
  const scattered = (scale) => Float32Array.from(weights, (one) => scale * one * spread(random));
  const centres = Array.from({ length: clusters }, () => scattered(1));
  return () => {
    const centre = centres[Math.floor(random() * clusters)];
    const vector = scattered(0.6);
    let squares = 0;
    for (let index = 0; index < dimension; index++) {
      vector[index] += centre[index];
      squares += vector[index] ** 2;
    }
    const norm = Math.sqrt(squares);
    return vector.map((x) => x / norm);
  };
}

/** Close enough to a normal distribution, and fast. */
function spread(random) {
  return random() + random() + random() - 1.5;
}
