import { type ChildProcess, fork } from "node:child_process";

/** The program's response to a message: the `id` of the message, with a result or an error. */
export interface WorkerReply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: unknown;
}

export interface WorkerProcessOptions {
  readonly args?: readonly string[];
  /** Flags of the runtime. @default none, since flags of this process may not apply to a file */
  readonly execArgv?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Whether to print the program's output to the output of this process. */
  readonly forwardsOutput: boolean;
  /** Creates the error for requests to a process that has ended. */
  readonly endedError: (end: WorkerEnd, operation: string) => Error;
  /** Creates the error for a request to which the program responded with `error`. */
  readonly answeredError: (error: unknown) => unknown;
}

/** How a process ended. */
export interface WorkerEnd {
  /** Completes the sentence "The worker ended: …". Contains the last output of stderr, if any. */
  readonly reason: string;
  /** Exit code or signal; null if the process did not start or is still running. */
  readonly exit: number | string | null;
}

export interface WorkerRequestOptions {
  /**
   * Maximum time for the response in milliseconds. It starts after the response to the previous
   * request. Afterwards the process is killed.
   *
   * @default no limit
   */
  readonly timeLimit?: number;
  /** Whether the request keeps this process alive. @default true */
  readonly isAwaited?: boolean;
}

interface Pending<Message> {
  readonly message: Message;
  readonly timeLimit: number;
  isAwaited: boolean;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** Timer ticks per time limit, see `#restartClock`. */
const ticksPerLimit = 10;

/**
 * Runs a program in a child process and sends it requests. The process must end with its parent. It
 * keeps its parent alive only while a caller waits for a response.
 */
export class WorkerProcess<Message extends { readonly operation: string }> {
  /** Resolves if the process ends without {@link WorkerProcess.stop}. */
  readonly lost: Promise<void>;
  readonly #child: ChildProcess;
  readonly #options: WorkerProcessOptions;
  /** Pending requests by id, in the order in which they were sent. */
  readonly #pending = new Map<number, Pending<Message>>();
  readonly #exited: Promise<void>;
  #clock: NodeJS.Timeout | undefined;
  #nextId = 0;
  #stderr = "";
  #end: WorkerEnd | undefined;

  /** @param program - path of the program, a file for Node */
  constructor(program: string, options: WorkerProcessOptions) {
    const { args = [], execArgv = [], env, forwardsOutput } = options;
    this.#options = options;
    this.#child = fork(program, args, {
      execArgv: [...execArgv],
      env,
      serialization: "advanced",
      stdio: ["ignore", forwardsOutput ? "inherit" : "ignore", "pipe", "ipc"],
    });
    this.#child.on("message", (reply: WorkerReply) => this.#settle(reply));
    this.#readStderr();
    this.#exited = this.#watchExit();
    this.lost = new Promise((resolve) => {
      void this.#exited.then(() => {
        if (!this.#wasStopped) resolve();
      });
    });
    this.#keepParentAlive();
  }

  #wasStopped = false;

  get isAlive(): boolean {
    return this.#end === undefined;
  }

  request<Result>(
    message: Message,
    { timeLimit = Number.POSITIVE_INFINITY, isAwaited = true }: WorkerRequestOptions = {},
  ): Promise<Result> {
    return new Promise<unknown>((resolve, reject) => {
      if (this.#end) throw this.#options.endedError(this.#end, message.operation);
      const id = this.#nextId++;
      this.#child.send({ id, ...message }, (error) => error && this.#kill());
      this.#pending.set(id, { message, timeLimit, isAwaited, resolve, reject });
      if (this.#pending.size === 1) this.#restartClock();
      this.#keepParentAlive();
    }) as Promise<Result>;
  }

  /** Rejects pending requests. The process still works on them. */
  abandon(matches: (message: Message) => boolean, error: Error): void {
    for (const pending of this.#pending.values()) {
      if (!matches(pending.message)) continue;
      pending.isAwaited = false;
      pending.reject(error);
    }
    this.#keepParentAlive();
  }

  /** Kills the process and waits for its end. Pending and later requests are rejected. */
  async stop(): Promise<void> {
    this.#wasStopped = true;
    this.#fail({ reason: "it was stopped", exit: null });
    this.#child.ref();
    this.#kill();
    await this.#exited;
  }

  #kill(): void {
    this.#child.kill("SIGKILL");
  }

  #readStderr(): void {
    const stderr = this.#child.stderr!;
    // Called only once, since every call on a closed socket adds a listener.
    (stderr as { unref?: () => void }).unref?.();
    stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-2000);
      if (this.#options.forwardsOutput) process.stderr.write(text);
    });
  }

  #watchExit(): Promise<void> {
    const child = this.#child;
    // The event "close" would wait for both, but Deno does not emit it while stderr is unref'd.
    const allOutput = new Promise((resolve) => child.stderr?.once("close", resolve));
    return new Promise((resolve) => {
      child.once("exit", async (code, signal) => {
        await allOutput;
        const exit = signal ?? code;
        const ending = signal ?? `exit code ${code}`;
        this.#fail({ reason: this.#withStderr(`the process ended with ${ending}`), exit });
        resolve();
      });
      child.on("error", (error) => {
        if (child.pid !== undefined) return; // "exit" follows
        this.#fail({ reason: error.message, exit: null });
        resolve();
      });
    });
  }

  #withStderr(reason: string): string {
    const output = this.#stderr.trim();
    if (output.includes(reason)) return output;
    return output ? `${reason}: ${output}` : reason;
  }

  #settle({ id, result, error }: WorkerReply): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    this.#restartClock();
    this.#keepParentAlive();
    if (error === undefined) pending?.resolve(result);
    else pending?.reject(this.#options.answeredError(error));
  }

  /**
   * Restarts the time limit for the oldest request. Time is measured in ticks, and not from a start
   * time: otherwise, if this process was blocked or suspended, it would kill the child process for
   * its own delay.
   */
  #restartClock(): void {
    clearInterval(this.#clock);
    const [oldest] = this.#pending.values();
    if (!oldest || !Number.isFinite(oldest.timeLimit)) return;
    let ticksLeft = ticksPerLimit;
    this.#clock = setInterval(() => {
      if (--ticksLeft > 0) return;
      const seconds = Number((oldest.timeLimit / 1000).toPrecision(2));
      const operation = JSON.stringify(oldest.message.operation);
      const reason = this.#withStderr(`it did not answer ${operation} within ${seconds} s`);
      this.#fail({ reason, exit: null });
      this.#kill();
    }, oldest.timeLimit / ticksPerLimit).unref();
  }

  #fail(end: WorkerEnd): void {
    if (this.#end) return;
    this.#end = end;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    this.#restartClock();
    this.#keepParentAlive();
    for (const { message, reject } of pending)
      reject(this.#options.endedError(end, message.operation));
  }

  #keepParentAlive(): void {
    const change = [...this.#pending.values()].some(({ isAwaited }) => isAwaited) ? "ref" : "unref";
    this.#child[change]();
    this.#child.channel?.[change]?.(); // Bun has no such method and needs none
  }
}
