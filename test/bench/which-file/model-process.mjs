import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** A process with one file of a model, in which everything about this file is measured. */
export class ModelProcess {
  #child;
  #name;
  /** Times of the start and memory after it; see `child.mjs`. */
  start;

  constructor(name, child) {
    this.#name = name;
    this.#child = child;
  }

  /**
   * @param folder - folder with `child.mjs`
   * @param cache - folder for what the embedder keeps between processes
   * @param batches - whether `padded` will be measured
   */
  static async start({ name, model, load, query, folder, cache, batches = false }) {
    const argument = JSON.stringify({ model, load, query, batches, started: Date.now() });
    const child = fork(join(folder, "child.mjs"), [argument], {
      execArgv: ["--expose-gc"],
      env: { ...process.env, HF_ASSETS_CACHE: cache },
    });
    const started = new ModelProcess(name, child);
    started.start = await started.#answer();
    return started;
  }

  /** Runs one of the measures in `child.mjs`. */
  async measure(measure, options = {}) {
    const answer = this.#answer();
    this.#child.send({ measure, options });
    return answer;
  }

  async stop() {
    const exit = once(this.#child, "exit");
    this.#child.kill();
    await exit;
  }

  #answer() {
    return new Promise((resolve, reject) => {
      const child = this.#child;
      const fail = (code, signal) =>
        reject(new Error(`The process for ${this.#name} ended (${signal ?? code}).`));
      child.once("exit", fail);
      child.once("message", ({ result, error }) => {
        child.off("exit", fail);
        if (error) reject(new Error(`${this.#name}: ${error}`));
        else resolve(result);
      });
    });
  }
}
