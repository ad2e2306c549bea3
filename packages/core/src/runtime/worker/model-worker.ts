/** The program that `worker: true` starts in a process. It runs a model for `worker-backend.ts`. */
import { join } from "node:path";
import type { WorkerReply } from "@embeddinggemma/internal/node";
import { readIfExists } from "../../files/read-files.ts";
import type { Backend } from "../backend.ts";
import { loadTransformersBackend } from "../transformers-backend.ts";
import { packError } from "./packed-error.ts";
import { packSequences, type WorkerMessage, type WorkerResults } from "./worker-protocol.ts";

let backend: Backend;

process.on("message", handle);
process.on("disconnect", () => process.exit());
// Ctrl+C, for example, sends a signal to this process too. But the parent may still need it, so it
// only ends with its parent.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});

async function handle(message: { id: number } & WorkerMessage): Promise<void> {
  const { id } = message;
  try {
    reply({ id, result: await resultOf(message) });
  } catch (error) {
    reply({ id, error: packError(error) });
  }
}

async function resultOf(message: WorkerMessage): Promise<WorkerResults[keyof WorkerResults]> {
  switch (message.operation) {
    case "load": {
      const { folder: path, options } = message;
      const read = (file: string) => readIfExists(join(path, file));
      backend = await loadTransformersBackend({ path, read }, options);
      return;
    }
    case "tokenize":
      return packSequences(await backend.tokenize(message.texts));
    case "run":
      return backend.run(message.batch, message.options);
    case "dispose":
      return backend.dispose() as Promise<undefined>;
  }
}

function reply(message: WorkerReply): void {
  process.send?.(message);
}
