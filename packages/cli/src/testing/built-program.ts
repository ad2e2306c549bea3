import { fileURLToPath } from "node:url";
import { type RunningProgram, startProgram } from "@embeddinggemma/internal/testing";

/** The built program, as it is installed. */
export const programPath = fileURLToPath(new URL("../../dist/embeddinggemma.js", import.meta.url));

/** Starts the built program. */
export function startBuiltProgram(...argv: string[]): RunningProgram {
  return startProgram(programPath, argv);
}
