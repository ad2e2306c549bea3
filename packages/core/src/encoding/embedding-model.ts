import type { LoadedModel } from "../model/loaded-model.ts";
import type { SharableModel } from "../model/shared-models.ts";
import { embedBatch } from "./embed-batch.ts";
import { EmbeddingQueue } from "./embedding-queue.ts";
import { inferenceOverhead } from "./inference-overhead.ts";

/** A model with the queue of everyone who uses it. */
export interface EmbeddingModel extends SharableModel {
  readonly queue: EmbeddingQueue;
}

/** Puts a queue in front of a model. */
export function withQueue(model: LoadedModel): EmbeddingModel {
  const { backend, operators } = model;
  const queue = new EmbeddingQueue({
    embed: (sequences) => embedBatch(model, sequences),
    cost: { overhead: inferenceOverhead(operators) },
    concurrency: backend.concurrency,
  });
  return {
    ...model,
    queue,
    async release() {
      await queue.idle();
      await backend.dispose();
    },
  };
}
