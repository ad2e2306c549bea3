/**
 * Runs in a thread or process of its own: loads a model there and answers the requests of
 * {@link WorkerRequests}.
 */
import { parentPort } from "node:worker_threads";
import type { Backend } from "../backend.ts";
import { loadTransformersBackend } from "../transformers-backend.ts";
import { packError } from "./packed-error.ts";
import {
  packSequences,
  type RequestMessage,
  type ResponseMessage,
  type WorkerRequests,
} from "./worker-protocol.ts";

let backend: Backend;

type Answers = {
  [Name in keyof WorkerRequests]: (
    argument: WorkerRequests[Name]["argument"],
  ) => Promise<WorkerRequests[Name]["result"]>;
};

const answers: Answers = {
  async load({ folder, options }) {
    backend = await loadTransformersBackend(folder, options);
  },
  async tokenize(texts) {
    return packSequences(await backend.tokenize(texts));
  },
  async run(batch) {
    const output = await backend.run(batch);
    // Hidden states are large, and nobody needs them where there are finished vectors.
    return output.sentenceEmbedding ? { sentenceEmbedding: output.sentenceEmbedding } : output;
  },
  async dispose() {
    await backend.dispose();
  },
};

async function answer({ id, name, argument }: RequestMessage): Promise<void> {
  try {
    send({ id, result: await (answers[name] as (argument: unknown) => Promise<never>)(argument) });
  } catch (error) {
    send({ id, error: packError(error) });
  }
}

if (parentPort) {
  parentPort.on("message", answer);
} else {
  process.on("message", answer);
  process.on("disconnect", () => process.exit());
  // An interrupt from the keyboard reaches the whole group of processes; when to end is the
  // parent's business.
  process.on("SIGINT", () => {});
}

function send(message: ResponseMessage): void {
  if (!parentPort) return void process.send?.(message);
  const arrays = "result" in message ? Object.values(message.result ?? {}) : [];
  parentPort.postMessage(
    message,
    arrays.filter(ArrayBuffer.isView).map(({ buffer }) => buffer as ArrayBuffer),
  );
}
