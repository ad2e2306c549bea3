import { type ChildProcess, fork } from "node:child_process";

/** How a program answers a message: it sends its `id` with one of the two. */
export interface WorkerReply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: unknown;
}

export interface WorkerProcessOptions {
  readonly args?: readonly string[];
  /** Flags of the runtime. @default none; flags of this process may not apply to a file */
  readonly execArgv?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Whether what the program prints appears on this process's output. */
  readonly forwardsOutput: boolean;
  /** Makes the error of requests to a process that has ended. */
  readonly endedError: (end: WorkerEnd, operation: string) => Error;
  /** Makes the error of a request that the program answered with `error`. */
  readonly answeredError: (error: unknown) => unknown;
}

export interface WorkerEnd {
  /** A clause, with the last lines that the program wrote to stderr. */
  readonly reason: string;
  /** Exit code or signal; null if the process did not start or still runs. */
  readonly exit: number | string | null;
}

export interface WorkerRequestOptions {
  /**
   * Milliseconds for the answer, counted from when all earlier requests have been answered. After
   * that the process is killed.
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

/** Timer ticks in a time limit, see `#restartClock`. */
const ticksPerLimit = 10;

/**
 * A program in a child process that answers messages. It ends when its parent ends, and keeps its
 * parent alive only while a caller waits for an answer.
 */
export class WorkerProcess<Message extends { readonly operation: string }> {
  /** Resolves when the process has ended, other than by {@link WorkerProcess.stop}. */
  readonly lost: Promise<void>;
  readonly #child: ChildProcess;
  readonly #options: WorkerProcessOptions;
  /** By id, in the order in which they were sent. */
  readonly #pending = new Map<number, Pending<Message>>();
  readonly #exited: Promise<void>;
  #clock: NodeJS.Timeout | undefined;
  #nextId = 0;
  #stderr = "";
  #end: WorkerEnd | undefined;

  /** @param program - path of a file that Node runs */
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

  /** Rejects pending requests. The process answers them all the same. */
  abandon(matches: (message: Message) => boolean, error: Error): void {
    for (const pending of this.#pending.values()) {
      if (!matches(pending.message)) continue;
      pending.isAwaited = false;
      pending.reject(error);
    }
    this.#keepParentAlive();
  }

  /** Kills the process; pending and later requests fail. Resolves when the process has ended. */
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
    // Only here: on a socket that is closed, each call adds a listener.
    (stderr as { unref?: () => void }).unref?.();
    stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-2000);
      if (this.#options.forwardsOutput) process.stderr.write(text);
    });
  }

  #watchExit(): Promise<void> {
    const child = this.#child;
    // Both together are the event "close", which Deno does not emit while stderr is unref'd.
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
   * Watches the oldest request. The time is counted in ticks and not from a start time: otherwise,
   * if this process was blocked or suspended, it would kill the child process for its own delay.
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
    this.#child.channel?.[change]?.(); // Bun has no such method, and needs none
  }
}
