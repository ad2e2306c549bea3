import { fileURLToPath } from "node:url";
import { type RunningProgram, startProgram } from "@embeddinggemma/internal/testing";
import { modelPath } from "@embeddinggemma/tiny-model";

/** The built program, as it is installed. */
const programPath = fileURLToPath(new URL("../../dist/embeddinggemma-server.js", import.meta.url));

/** Flags for a server with the tiny model on a free port. */
export const localFlags = [
  "--model-id",
  modelPath,
  "--hostname",
  "127.0.0.1",
  "--port",
  "0",
] as const;

/** A running server. */
export interface ServerProcess extends RunningProgram {
  /** Waits until it is ready, and gives its URL. */
  ready(): Promise<string>;
}

/** Starts the built program. */
export function startServer(
  flags: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ServerProcess {
  const program = startProgram(programPath, flags, env);
  return {
    ...program,
    ready: async () => (await program.find(/url"?[=:]"?(http:[^\s"]+)/))[1]!,
  };
}
