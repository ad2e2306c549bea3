/** Runs in a worker thread of its own: loads a model there and answers the requests of {@link WorkerRequests}. */
import { parentPort } from "node:worker_threads";
import type { Backend, BackendOutput, Batch } from "./backend.ts";
import { packError } from "./packed-error.ts";
import { loadTransformersBackend } from "./transformers-backend.ts";
import {
  type PackedSequences,
  packSequences,
  type RequestMessage,
  type ResponseMessage,
  type WorkerRequests,
} from "./worker-protocol.ts";

let backend: Backend;

type Answers = {
  [Name in keyof WorkerRequests]: (
    argument: WorkerRequests[Name]["argument"],
  ) => Promise<[result: WorkerRequests[Name]["result"], transferred: Float32Array[] | Int32Array[]]>;
};

const answers: Answers = {
  async load({ folder, options }) {
    backend = await loadTransformersBackend(folder, options);
    return [undefined, []];
  },
  async tokenize(texts) {
    const sequences: PackedSequences = packSequences(await backend.tokenize(texts));
    return [sequences, [sequences.ids, sequences.ends]];
  },
  async run(batch: Batch) {
    const { sentenceEmbedding, lastHiddenState } = await backend.run(batch);
    // Hidden states are large, and nobody needs them where there are finished vectors.
    if (sentenceEmbedding) return [{ sentenceEmbedding }, [sentenceEmbedding]];
    const output: BackendOutput = { ...(lastHiddenState && { lastHiddenState }) };
    return [output, lastHiddenState ? [lastHiddenState] : []];
  },
  async dispose() {
    await backend.dispose();
    return [undefined, []];
  },
};

parentPort!.on("message", async ({ id, name, argument }: RequestMessage) => {
  try {
    const answer = answers[name] as (argument: unknown) => ReturnType<Answers[typeof name]>;
    const [result, transferred] = await answer(argument);
    post({ id, result }, transferred);
  } catch (error) {
    post({ id, error: packError(error) }, []);
  }
});

function post(message: ResponseMessage, transferred: readonly (Float32Array | Int32Array)[]): void {
  parentPort!.postMessage(
    message,
    transferred.map(({ buffer }) => buffer as ArrayBuffer),
  );
}
