import type { Backend } from "./backend.ts";
import { ModelThread } from "./model-thread.ts";
import { loadTokenizer, type TransformersBackendOptions } from "./transformers-backend.ts";
import { unpackSequences } from "./worker-protocol.ts";

/**
 * Runs a model folder through Transformers.js in a worker thread: inference and tokenizing leave the event loop free. The synchronous
 * tokenizer is loaded on this side too.
 *
 * @throws `LOAD_FAILED`, `WORKER_FAILED`; the reason of `signal`, which ends the thread
 */
export async function loadWorkerBackend(
  folder: string,
  options: TransformersBackendOptions,
  signal?: AbortSignal,
): Promise<Backend> {
  signal?.throwIfAborted();
  const thread = new ModelThread();
  const stop = () => void thread.end();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const [{ tokenizer, specialTokens, padding }] = await Promise.all([
      loadTokenizer(folder, options),
      thread.request("load", { folder, options }),
    ]);
    return {
      tokenizer,
      specialTokens,
      padding,
      lost: thread.lost,
      tokenize: (texts) => tokenizeInPortions(thread, texts),
      run: (batch) => thread.request("run", batch),
      async dispose() {
        // A thread that has ended has freed the model.
        await thread.request("dispose", undefined).catch(() => {});
        await thread.end();
      },
    };
  } catch (error) {
    await thread.end();
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

/** Characters in one message: taking in the answer is quick, and a query waits for one portion at most. */
const portionSize = 65_536;

async function tokenizeInPortions(thread: ModelThread, texts: readonly string[]): Promise<number[][]> {
  const sequences: number[][] = [];
  for (let start = 0; start < texts.length; ) {
    let end = start;
    for (let size = 0; end < texts.length && (end === start || size + texts[end]!.length <= portionSize); end++) {
      size += texts[end]!.length;
    }
    const packed = await thread.request("tokenize", texts.slice(start, end));
    for (const sequence of unpackSequences(packed)) sequences.push(sequence);
    start = end;
  }
  return sequences;
}
