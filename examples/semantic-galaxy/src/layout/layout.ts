import { WorkerCalls } from "../threads/call-worker.ts";
import type { LayoutMethods } from "./layout-worker.ts";

/** Starts the worker that places the texts in the plane. */
export function startLayout(): WorkerCalls<LayoutMethods> {
  return new WorkerCalls(
    new Worker(new URL("./layout-worker.ts", import.meta.url), { type: "module" }),
  );
}
