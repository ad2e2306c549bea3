import { WorkerProcess } from "@embeddinggemma/internal/node";
import { EmbeddingGemmaError } from "../../errors.ts";
import type { Backend, BackendOutput } from "../backend.ts";
import type { ReadableFolder, TokenizerFolder } from "../load-tokenizer.ts";
import { ownFloats } from "../tensor-floats.ts";
import type { TransformersBackendOptions } from "../transformers-backend.ts";
import { type ModelRunner, withTokenizer } from "../with-tokenizer.ts";
import { type PackedError, unpackError } from "./packed-error.ts";
import type { WorkerMessage, WorkerResults } from "./worker-protocol.ts";

/**
 * Loads a model folder with Transformers.js in a child process. Inference does not block the event
 * loop, and a crash of the runtime ends only the child process. The tokenizer is in this process:
 * the child receives token ids.
 *
 * A thread would respond half a millisecond sooner and need 20 MB less. But the ONNX Runtime (1.21)
 * of Transformers.js 3 crashes if two threads use it, and on Deno, a thread cannot import
 * Transformers.js 4.
 *
 * @see https://github.com/huggingface/transformers.js/issues/1292
 *
 * @param signal - an abort ends the process
 * @throws `LOAD_FAILED`, `MODEL_FILE_INVALID`, `WORKER_FAILED`; the reason of `signal`
 */
export async function loadWorkerBackend(
  folder: TokenizerFolder,
  options: TransformersBackendOptions,
  signal?: AbortSignal,
): Promise<Backend> {
  signal?.throwIfAborted();
  const worker = new ModelWorker();
  const stop = () => void worker.stop();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    return await withTokenizer(folder, options, loadInto(worker, folder, options));
  } catch (error) {
    await worker.stop();
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

async function loadInto(
  worker: ModelWorker,
  folder: ReadableFolder,
  options: TransformersBackendOptions,
): Promise<ModelRunner> {
  await worker.call({ operation: "load", folder: folder.path, options });
  return {
    lost: worker.lost,
    async run(batch, options) {
      const output = await worker.call({ operation: "run", batch, options });
      const vectors = Object.entries(output).map(([name, numbers]) => [name, ownFloats(numbers)]);
      return Object.fromEntries(vectors) as BackendOutput;
    },
    async dispose() {
      // If the process has already ended, the model is freed.
      await worker.call({ operation: "dispose" }).catch(() => {});
      await worker.stop();
    },
  };
}

class ModelWorker extends WorkerProcess<WorkerMessage> {
  constructor() {
    super(programUrl(), {
      programName: "model-worker.js",
      forwardsOutput: true,
      endedError: ({ reason, exit }) =>
        new EmbeddingGemmaError(
          "WORKER_FAILED",
          `The process that runs the model ${reason}. ${adviceFor(reason)}`,
          { exit },
        ),
      answeredError: (error) => unpackError(error as PackedError),
    });
  }

  call<Message extends WorkerMessage>(
    message: Message,
  ): Promise<WorkerResults[Message["operation"]]> {
    return this.request(message);
  }
}

function adviceFor(reason: string): string {
  if (/^could not be started/.test(reason)) {
    return "Without `worker`, a model in the main thread needs no such process.";
  }
  const advice = "Dispose the embedder and load it again.";
  return memoryProblem.test(reason)
    ? `${advice} If the process ran out of memory, lower \`maxBatchTokens\`.`
    : advice;
}

/** Not any mention of memory: the last output of a bundle may contain a piece of its code. */
const memoryProblem = new RegExp(
  [
    String.raw`^ended with (SIGKILL|SIGABRT|exit code 13[47]\b)`,
    "(out of|allocate) memory",
    "allocation failed",
    "bad_alloc",
  ].join("|"),
  "i",
);

/**
 * The program of the worker. Node 20 cannot run TypeScript, so if this file runs from source, as in
 * tests, the program is the built file.
 */
function programUrl(): URL {
  // Bundlers look for the file of this call, and of every other that starts at `import.meta.url`.
  const program = new URL("./model-worker.js", import.meta.url);
  if (!import.meta.url.endsWith(".ts")) return program;
  return new URL(program.href.replace("/src/runtime/worker/", "/dist/"));
}
