import { type CallOptions, WorkerCallError, WorkerCalls } from "../threads/call-worker.ts";
import type {
  EmbeddingMethods,
  LoadArgument,
  LoadedModel,
  LoadProgress,
} from "./embedding-worker.ts";

type EmbeddingWorker = WorkerCalls<EmbeddingMethods>;

/**
 * The model that embeds, and its vectors. Each model gets a worker of its own: ONNX Runtime cannot
 * change its build in a worker, gives no memory back, and does not work again once it has failed.
 */
export class Embedding {
  #running: EmbeddingWorker | undefined;
  #loading: EmbeddingWorker | undefined;
  /** Reads its code while the page does other things. */
  #spare: EmbeddingWorker | undefined = startWorker();

  /** Loads a model in place of the running one, which goes on until then. */
  async load(argument: LoadArgument, options: CallOptions<LoadProgress>): Promise<LoadedModel> {
    this.cancelLoad();
    const worker = this.#spare ?? startWorker();
    this.#spare = undefined;
    this.#loading = worker;
    try {
      const loaded = await worker.call("load", argument, options);
      this.#loading = undefined;
      this.#running?.terminate(modelChanged());
      this.#running = worker;
      return loaded;
    } catch (error) {
      if (this.#loading === worker) this.cancelLoad();
      throw error;
    }
  }

  /** Files that are complete stay in the browser's cache. */
  cancelLoad(): void {
    this.#loading?.terminate(modelChanged());
    this.#loading = undefined;
  }

  /** Its calls fail with the code `MODEL_CHANGED` once another model is loaded. */
  get worker(): EmbeddingWorker {
    if (!this.#running) throw new Error("The model is not loaded yet.");
    return this.#running;
  }
}

function startWorker(): EmbeddingWorker {
  return new WorkerCalls(
    new Worker(new URL("./embedding-worker.ts", import.meta.url), { type: "module" }),
  );
}

function modelChanged(): WorkerCallError {
  const message = "Another model was loaded.";
  return new WorkerCallError({ name: "Error", message, code: "MODEL_CHANGED" });
}
