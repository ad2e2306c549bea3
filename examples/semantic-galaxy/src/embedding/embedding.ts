import { WorkerCalls } from "../threads/call-worker.ts";
import type { EmbeddingMethods } from "./embedding-worker.ts";

/** Starts the worker that holds the model and the vectors. */
export function startEmbedding(): WorkerCalls<EmbeddingMethods> {
  return new WorkerCalls(
    new Worker(new URL("./embedding-worker.ts", import.meta.url), { type: "module" }),
  );
}
