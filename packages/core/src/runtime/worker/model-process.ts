import { isMainThread } from "node:worker_threads";
import { bundleUrl, WorkerProcess } from "@embeddinggemma/internal/node";
import { EmbeddingGemmaError } from "../../errors.ts";
import { warn } from "../../warn.ts";
import { type PackedError, unpackError } from "./packed-error.ts";
import type { WorkerMessage, WorkerResults } from "./worker-protocol.ts";

/**
 * A process that runs a model.
 *
 * A thread would respond half a millisecond sooner and need 20 MB less. But the ONNX Runtime (1.21)
 * of Transformers.js 3 crashes if two threads use it, and on Deno, a thread cannot import
 * Transformers.js 4.
 *
 * @see https://github.com/huggingface/transformers.js/issues/1292
 */
export class ModelProcess extends WorkerProcess<WorkerMessage> {
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

  /** Warns that this process has ended, and that another runs the model in its place. */
  warnOfReplacement(): void {
    const reason = this.end?.reason ?? "ended";
    warn(
      `The process that runs the model ${reason}. A new one has taken its place.` +
        memoryAdviceFor(reason),
      "EMBEDDINGGEMMA_PROCESS_REPLACED",
    );
  }
}

function adviceFor(reason: string): string {
  if (/^could not be started/.test(reason)) {
    return isMainThread
      ? "Without `worker` and `workers`, a model in the main thread needs no such process."
      : "Or load the model in the main thread: in a worker thread, it always needs this process.";
  }
  return `The next call starts a new one.${memoryAdviceFor(reason)}`;
}

function memoryAdviceFor(reason: string): string {
  return memoryProblem.test(reason)
    ? " If the process ran out of memory, lower `maxBatchTokens` or `workers`."
    : "";
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
 * The program of the process. Node 20 cannot run TypeScript, so if this file runs from source, as
 * in tests, the program is the built file.
 */
function programUrl(): URL {
  const code: string | undefined = import.meta.url;
  if (code === undefined) return new URL("model-worker.js", bundleUrl());
  // Bundlers look for the file of this call, and of every other that starts at `import.meta.url`.
  const program = new URL("./model-worker.js", import.meta.url);
  if (!code.endsWith(".ts")) return program;
  return new URL(program.href.replace("/src/runtime/worker/", "/dist/"));
}
