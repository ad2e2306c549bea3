import type { Backend } from "../backend.ts";
import { loadTokenizer, type TransformersBackendOptions } from "../transformers-backend.ts";
import { openProcess, openThread } from "./worker-channel.ts";
import { WorkerClient } from "./worker-client.ts";
import { unpackSequences } from "./worker-protocol.ts";

/**
 * Runs a model folder through Transformers.js in a worker: inference and tokenizing leave the event
 * loop free. The synchronous tokenizer is loaded on this side too.
 *
 * @throws `LOAD_FAILED`, `WORKER_FAILED`; the reason of `signal`, which ends the worker
 */
export async function loadWorkerBackend(
  folder: string,
  options: TransformersBackendOptions,
  signal?: AbortSignal,
): Promise<Backend> {
  signal?.throwIfAborted();
  const worker = new WorkerClient((await canRunInThreads()) ? openThread() : openProcess());
  const stop = () => void worker.end();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const [{ tokenizer, specialTokens, padding }] = await Promise.all([
      loadTokenizer(folder, options),
      worker.request("load", { folder, options }),
    ]);
    return {
      tokenizer,
      specialTokens,
      padding,
      lost: worker.lost,
      tokenize: (texts) => tokenizeInPortions(worker, texts),
      run: (batch) => worker.request("run", batch),
      async dispose() {
        // A worker that has ended has freed the model.
        await worker.request("dispose", undefined).catch(() => {});
        await worker.end();
      },
    };
  } catch (error) {
    await worker.end();
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

/**
 * Two cases need a process instead of a thread:
 *
 * - Transformers.js 3 ships an ONNX Runtime (1.21) that ends the whole process when two threads use
 *   it.
 * - On Deno, a thread has a `location` with the origin "null", from which Transformers.js 4 fails to
 *   derive a URL while it is imported.
 *
 * @see https://github.com/huggingface/transformers.js/issues/1292
 */
async function canRunInThreads(): Promise<boolean> {
  const { env } = await import("@huggingface/transformers");
  return !env.version.startsWith("3.") && !("deno" in process.versions);
}

/**
 * Characters in one message: taking in the answer is quick, and a query waits for one portion at
 * most.
 */
const portionSize = 65_536;

async function tokenizeInPortions(
  worker: WorkerClient,
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
    const packed = await worker.request("tokenize", texts.slice(start, end));
    for (const sequence of unpackSequences(packed)) sequences.push(sequence);
    start = end;
  }
  return sequences;
}
