import { EmbeddingGemmaError, show } from "../errors.ts";
import { type DeviceOptions, defaultDevice, devicesOf } from "./dtype-rules.ts";

/** The load options that decide in which process a model runs. */
export interface WorkerOptions {
  worker?: boolean | undefined;
  workers?: number | "auto" | undefined;
}

/**
 * How many processes run the model; null if it runs in this one. On a GPU, `"auto"` is one process:
 * a second would share the same cores.
 *
 * @throws `INVALID_ARGUMENT` if the options contradict each other
 */
export function workersOf(options: WorkerOptions & DeviceOptions): number | "auto" | null {
  const { worker, workers } = options;
  if (workers === undefined) return worker ? 1 : null;
  if (worker === false) {
    throw new EmbeddingGemmaError(
      "INVALID_ARGUMENT",
      `\`workers\` is ${show(workers)}, and \`worker\` is false. Leave \`worker\` out to run the ` +
        "model in child processes, or `workers` to run it in this process.",
      { worker, workers },
    );
  }
  const onCpu = devicesOf(options).every((device) => device === defaultDevice);
  return workers === "auto" && !onCpu ? 1 : workers;
}
