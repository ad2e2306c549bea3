import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("worker.mjs", import.meta.url));

/**
 * Starts worker processes. Resolves when all of them have loaded their model; from then on, a new
 * one is started for each that dies.
 *
 * @param {number} count
 * @param {{
 *   args: string[],
 *   env: NodeJS.ProcessEnv,
 *   onDeath?: (pid: number | undefined, reason: string) => void,
 * }} options
 */
export async function startWorkers(count, { args, env, onDeath }) {
  /** @type {Set<import("node:child_process").ChildProcess>} */
  const running = new Set();
  let stopping = false;

  function start() {
    // Detached: Ctrl-C reaches only this process, which then stops the workers in order.
    const worker = fork(program, args, { env, detached: true });
    const kill = () => worker.kill("SIGKILL");
    process.once("exit", kill); // This process ended without `stop`.
    worker.once("exit", () => {
      process.off("exit", kill);
      running.delete(worker);
    });
    running.add(worker);
    return worker;
  }

  /** @param {(value?: unknown) => void} onReady */
  async function keepRunning(onReady) {
    for (let wasReady = false; !stopping; ) {
      const worker = start();
      worker.once("message", () => {
        wasReady = true;
        onReady();
      });
      const [code, signal] = await once(worker, "exit");
      if (stopping) return;
      const reason = signal ?? `exit code ${code}`;
      if (!wasReady) throw new Error(`A worker could not start (${reason}).`);
      onDeath?.(worker.pid, reason);
      await sleep(500); // So that a worker that always dies does not keep the machine busy.
    }
  }

  async function stop() {
    stopping = true;
    const exits = [...running].map((worker) => once(worker, "exit"));
    for (const worker of running) worker.kill("SIGTERM");
    await Promise.all(exits);
  }

  try {
    await Promise.all(
      Array.from(
        { length: count },
        () => new Promise((resolve, reject) => keepRunning(resolve).catch(reject)),
      ),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { pids: () => [...running].map(({ pid }) => /** @type {number} */ (pid)), stop };
}
