/** The program that `worker: true` starts in a process. It runs a model for `worker-backend.ts`. */
import { join } from "node:path";
import type { WorkerReply } from "@embeddinggemma/internal/node";
import { readIfExists } from "../../files/read-files.ts";
import { loadTransformersModel } from "../transformers-backend.ts";
import type { ModelRunner } from "../with-tokenizer.ts";
import { packError } from "./packed-error.ts";
import type { WorkerMessage, WorkerResults } from "./worker-protocol.ts";

let model: ModelRunner;

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
      model = await loadTransformersModel({ path, read }, options);
      return;
    }
    case "run":
      return model.run(message.batch, message.options);
    case "dispose":
      return model.dispose() as Promise<undefined>;
  }
}

function reply(message: WorkerReply): void {
  process.send?.(message);
}
