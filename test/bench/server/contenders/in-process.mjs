/** `Embedder` in the process of its callers, without a server. */
import { Embedder } from "@embeddinggemma/core";

let embedder;

export async function prepare({ model, dtype, threads }) {
  embedder = await Embedder.load(model, { dtype, threads });
  await embedder.encode(["warm", "up"], { prompt: "" });
}

/**
 * Several callers at once; each embeds one array after the other.
 *
 * @returns seconds of all calls, and the milliseconds of each
 */
export async function load({ clients, amount, bodies }) {
  const milliseconds = [];
  let next = 0;
  const start = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (next < amount) {
        const texts = bodies[next++ % bodies.length];
        const began = performance.now();
        await embedder.encode(texts, { prompt: "" });
        milliseconds.push(performance.now() - began);
      }
    }),
  );
  return { seconds: (performance.now() - start) / 1000, milliseconds };
}
