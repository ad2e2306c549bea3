import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { RequestMessage, ResponseMessage } from "./worker-protocol.ts";

/** The worker that runs a model, as the main thread sees it. */
export interface WorkerChannel {
  send(message: RequestMessage): void;
  onMessage(listener: (message: ResponseMessage) => void): void;
  /**
   * @param listener - called once, with the exit code or signal, and the error that ended the
   * worker if there was one
   */
  onExit(listener: (exit: number | string | null, error: unknown) => void): void;
  /** Sets whether the worker keeps the main process alive. Initially it does not. */
  keepAlive(value: boolean): void;
  terminate(): Promise<void>;
}

/** Starts the worker in a thread of this process. */
export function openThread(): WorkerChannel {
  // Flags of this process, such as --input-type, may not apply to a file.
  const worker = new Worker(workerFile(), { name: "embeddinggemma", execArgv: [] });
  worker.unref();
  let thrown: unknown;
  worker.on("error", (error) => {
    thrown = error;
  });
  return {
    send: (message) => worker.postMessage(message),
    onMessage: (listener) => worker.on("message", listener),
    onExit: (listener) => worker.once("exit", (code) => listener(code, thrown)),
    keepAlive: (value) => (value ? worker.ref() : worker.unref()),
    async terminate() {
      await worker.terminate();
    },
  };
}

/** Starts the worker in a process of its own. */
export function openProcess(): WorkerChannel {
  const child = fork(fileURLToPath(workerFile()), { execArgv: [], serialization: "advanced" });
  let thrown: unknown;
  const exited = new Promise<number | string | null>((resolve) => {
    child.once("exit", (code, signal) => resolve(code ?? signal));
    child.on("error", (error) => {
      thrown = error;
      // A process that failed to start never emits "exit".
      if (child.pid === undefined) resolve(null);
    });
  });
  const keepAlive = (value: boolean) => {
    const change = value ? "ref" : "unref";
    child[change]();
    child.channel?.[change]?.(); // Bun has no such method, and needs none
  };
  keepAlive(false);
  return {
    send: (message) => child.send(message),
    onMessage: (listener) => child.on("message", listener),
    onExit: (listener) => exited.then((exit) => listener(exit, thrown)),
    keepAlive,
    async terminate() {
      keepAlive(true);
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/**
 * Node 20 cannot run TypeScript, so when this file runs from source, as in tests, the worker runs
 * the built file.
 */
function workerFile(): URL {
  const fromSource = import.meta.url.endsWith(".ts");
  return new URL(
    fromSource ? "../../../dist/model-worker.js" : "./model-worker.js",
    import.meta.url,
  );
}
