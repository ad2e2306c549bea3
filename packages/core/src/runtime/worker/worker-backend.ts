import { fileURLToPath } from "node:url";
import { WorkerProcess } from "@embeddinggemma/internal/node";
import { EmbeddingGemmaError } from "../../errors.ts";
import type { Backend } from "../backend.ts";
import { loadTokenizer, type TransformersBackendOptions } from "../transformers-backend.ts";
import { type PackedError, unpackError } from "./packed-error.ts";
import { unpackSequences, type WorkerMessage, type WorkerResults } from "./worker-protocol.ts";

/**
 * Runs a model folder through Transformers.js in a child process: inference and tokenizing leave
 * the event loop free, and a crash of the runtime ends only the child. The synchronous tokenizer is
 * loaded in this process too.
 *
 * Why a process and not a thread: a thread is as fast and takes as much memory, but Transformers.js
 * 3 has an ONNX Runtime (1.21) that ends the whole process when two threads use it, and on Deno,
 * Transformers.js 4 cannot be imported in a thread.
 *
 * @see https://github.com/huggingface/transformers.js/issues/1292
 *
 * @throws `LOAD_FAILED`, `WORKER_FAILED`; the reason of `signal`, which ends the worker
 */
export async function loadWorkerBackend(
  folder: string,
  options: TransformersBackendOptions,
  signal?: AbortSignal,
): Promise<Backend> {
  signal?.throwIfAborted();
  const worker = new ModelWorker();
  const stop = () => void worker.stop();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const [{ tokenizer, specialTokens, padding }] = await Promise.all([
      loadTokenizer(folder, options),
      worker.ask({ operation: "load", folder, options }),
    ]);
    return {
      tokenizer,
      specialTokens,
      padding,
      lost: worker.lost,
      tokenize: (texts) => tokenizeInPortions(worker, texts),
      run: (batch) => worker.ask({ operation: "run", batch }),
      async dispose() {
        // A worker that has ended has freed the model.
        await worker.ask({ operation: "dispose" }).catch(() => {});
        await worker.stop();
      },
    };
  } catch (error) {
    await worker.stop();
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

class ModelWorker extends WorkerProcess<WorkerMessage> {
  constructor() {
    super(fileURLToPath(workerFile()), {
      forwardsOutput: true,
      endedError: ({ reason, exit }) =>
        new EmbeddingGemmaError(
          "WORKER_FAILED",
          `The worker of the model ended: ${reason}. Dispose the embedder and load it again. ` +
            "If memory ran out, lower `maxBatchTokens`. If the file of the worker was not found, " +
            "keep @embeddinggemma/core out of the bundle.",
          { exit },
        ),
      answeredError: (error) => unpackError(error as PackedError),
    });
  }

  ask<Message extends WorkerMessage>(
    message: Message,
  ): Promise<WorkerResults[Message["operation"]]> {
    return this.request(message);
  }
}

/**
 * Characters in one message: its answer is unpacked quickly, and a query waits for one portion at
 * most.
 */
const portionSize = 65_536;

async function tokenizeInPortions(
  worker: ModelWorker,
  texts: readonly string[],
): Promise<number[][]> {
  const sequences: number[][] = [];
  for (let start = 0; start < texts.length; ) {
    let end = start;
    for (
      let size = 0;
      end < texts.length && (end === start || size + texts[end]!.length <= portionSize);
      end++
    ) {
      size += texts[end]!.length;
    }
    const packed = await worker.ask({ operation: "tokenize", texts: texts.slice(start, end) });
    for (const sequence of unpackSequences(packed)) sequences.push(sequence);
    start = end;
  }
  return sequences;
}

/**
 * Node 20 cannot run TypeScript, so when this file runs from source, as in tests, the worker runs
 * the built file.
 */
function workerFile(): URL {
  const fromSource = import.meta.url.endsWith(".ts");
  return new URL(
    fromSource ? "../../../dist/model-worker.js" : "./model-worker.js",
    import.meta.url,
  );
}
