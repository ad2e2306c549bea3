import { fork, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("child.mjs", import.meta.url));
const peers = fileURLToPath(new URL("../peers", import.meta.url));
const longestRequest = 15 * 60_000;

/**
 * A process of its own in which one contender runs. It stays alive and answers requests, so that
 * several contenders can take turns. A JavaScript module answers with its exported functions (see
 * `child.mjs`), a Python program with lines of JSON (see `peers/child.py`).
 */
export class Contender {
  #child;
  #send;
  #pending;
  #failure;
  #errors = "";
  name;

  /**
   * Starts the process. It does nothing before its first request.
   *
   * @param module - URL of a `.mjs` or `.py` file
   * @param python - the interpreter, for a `.py` file
   * @param env - variables of the environment besides those of this process
   */
  constructor({ name, module, python, env }) {
    this.name = name;
    const file = fileURLToPath(module);
    const options = { env: { ...process.env, ...env } };
    if (file.endsWith(".py")) this.#startPython(python, file, options);
    else this.#startNode(file, options);
    this.#child.stderr.on("data", (text) => {
      this.#errors = `${this.#errors}${text}`.slice(-4000);
    });
    this.#child.on("error", (error) => this.#end(error.message));
    this.#child.on("exit", (code, signal) => this.#end(`the process ended (${signal ?? code})`));
  }

  /**
   * Asks for one function of the contender.
   *
   * @returns its `result`, the `milliseconds` that it took in the process, and the most memory in
   * bytes that the process has had (`peak`)
   */
  request(method, options = {}) {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(new Error(this.#failure));
      const timer = setTimeout(() => {
        this.#end(`no answer after ${longestRequest / 60_000} minutes`);
        this.#child.kill("SIGKILL");
      }, longestRequest);
      const settle = (task, value) => {
        clearTimeout(timer);
        this.#pending = undefined;
        task(value);
      };
      this.#pending = ({ error, ...answer }) =>
        error === undefined ? settle(resolve, answer) : settle(reject, new Error(error));
      this.#send({ method, options });
    });
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#failure = "it was stopped";
    this.#child.kill("SIGKILL");
    await exit;
  }

  #startNode(file, options) {
    this.#child = fork(program, [file], {
      ...options,
      execArgv: ["--expose-gc"],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#child.on("message", (answer) => this.#pending?.(answer));
    this.#send = (request) => this.#child.send(request);
  }

  #startPython(python, file, options) {
    this.#child = spawn(python, [file], {
      // Python looks for modules beside the program only, and `child.py` is for all programs.
      env: { ...options.env, PYTHONPATH: peers },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#child.stdin.on("error", () => {}); // The process ended; its exit says so.
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      if (line.startsWith("{")) this.#pending?.(JSON.parse(line));
    });
    this.#send = (request) => this.#child.stdin.write(`${JSON.stringify(request)}\n`);
  }

  #end(reason) {
    const lastLine = this.#errors.trim().split("\n").at(-1);
    this.#failure ??= lastLine ? `${reason}: ${lastLine}` : reason;
    this.#pending?.({ error: this.#failure });
  }
}
