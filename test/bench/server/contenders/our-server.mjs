/** `@embeddinggemma/server`. */
import { Embedder } from "@embeddinggemma/core";
import { serve } from "@embeddinggemma/server";

/** @returns where the server listens */
export async function prepare({ model, dtype, threads }) {
  const embedder = await Embedder.load(model, { dtype, threads });
  const { url } = await serve(embedder, { hostname: "127.0.0.1", port: 0 });
  return { url: `${url}/v1/embeddings` };
}

/** Only asks for the memory of the process. */
export function idle() {}
