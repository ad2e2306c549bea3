import type { ChildProcess } from "node:child_process";
import { type ProgramOptions, startProgram, whyNotStarted } from "./start-program.ts";

/** The program's response to a message: the `id` of the message, with a result or an error. */
export interface WorkerReply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: unknown;
}

export interface WorkerProcessOptions extends ProgramOptions {
  /** Creates the error for requests to a process that has ended. */
  readonly endedError: (end: WorkerEnd, operation: string) => Error;
  /** Creates the error for a request to which the program responded with `error`. */
  readonly answeredError: (error: unknown) => unknown;
}

/** How a process ended. */
export interface WorkerEnd {
  /** Completes the sentence "The process …". Contains the last output of stderr, if any. */
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
  readonly #options: WorkerProcessOptions;
  /** Pending requests by id, in the order in which they were sent. */
  readonly #pending = new Map<number, Pending<Message>>();
  /** Undefined if the process could not be started. */
  readonly #child: ChildProcess | undefined;
  readonly #exited: Promise<void>;
  #awaitedCount = 0;
  #clock: NodeJS.Timeout | undefined;
  #nextId = 0;
  #stderr = "";
  #end: WorkerEnd | undefined;
  #wasStopped = false;

  /** @param program - a file for Node that is part of the calling package */
  constructor(program: URL, options: WorkerProcessOptions) {
    this.#options = options;
    try {
      this.#child = startProgram(program, options);
    } catch (error) {
      this.#fail(notStarted(error));
    }
    this.#exited = this.#child ? this.#watch(this.#child) : Promise.resolve();
    this.lost = new Promise((resolve) => {
      void this.#exited.then(() => {
        if (!this.#wasStopped) resolve();
      });
    });
  }

  get isAlive(): boolean {
    return this.#end === undefined;
  }

  /** How the process ended; undefined while it is alive. */
  get end(): WorkerEnd | undefined {
    return this.#end;
  }

  request<Result>(
    message: Message,
    { timeLimit = Number.POSITIVE_INFINITY, isAwaited = true }: WorkerRequestOptions = {},
  ): Promise<Result> {
    return new Promise<unknown>((resolve, reject) => {
      if (this.#end) throw this.#options.endedError(this.#end, message.operation);
      const id = this.#nextId++;
      // A child process that failed to start has no `send`; the event "error" follows.
      this.#child?.send?.({ id, ...message }, (error) => error && this.#kill());
      this.#pending.set(id, { message, timeLimit, isAwaited, resolve, reject });
      if (this.#pending.size === 1) this.#restartClock();
      if (isAwaited) this.#countAwaited(1);
    }) as Promise<Result>;
  }

  /** Rejects pending requests. The process still works on them. */
  abandon(matches: (message: Message) => boolean, error: Error): void {
    for (const pending of this.#pending.values()) {
      if (!matches(pending.message)) continue;
      pending.reject(error);
      if (pending.isAwaited) this.#countAwaited(-1);
      pending.isAwaited = false;
    }
  }

  /** Kills the process and waits for its end. Pending and later requests are rejected. */
  async stop(): Promise<void> {
    this.#wasStopped = true;
    this.#fail({ reason: "was stopped", exit: null });
    this.#child?.ref();
    this.#kill();
    await this.#exited;
  }

  #kill(): void {
    this.#child?.kill("SIGKILL");
  }

  /** Resolves when the process has ended. */
  #watch(child: ChildProcess): Promise<void> {
    child.on("message", (reply: WorkerReply | null) => this.#settle(reply));
    // A program that disconnects would never answer again.
    child.once("disconnect", () => setTimeout(() => this.#kill(), patience).unref());
    const allOutput = this.#readStderr(child);
    unref(child);
    return new Promise((resolve) => {
      child.once("exit", async (code, signal) => {
        // Not the event "close": Deno does not emit it while stderr is unref'd. A process that the
        // program has started may keep stderr open.
        await withinPatience(allOutput);
        const exit = signal ?? code;
        const ending = signal ?? `exit code ${code}`;
        this.#fail({ reason: this.#withStderr(`ended with ${ending}`), exit });
        resolve();
      });
      child.on("error", (error) => {
        if (child.pid !== undefined) return; // "exit" follows
        this.#fail(notStarted(error));
        resolve();
      });
    });
  }

  /** Resolves when the program has closed stderr. */
  async #readStderr({ stderr }: ChildProcess): Promise<void> {
    if (!stderr) return;
    // Called only once, since every call on a closed socket adds a listener.
    (stderr as { unref?: () => void }).unref?.();
    stderr.on("error", ignore);
    stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-2000);
      if (this.#options.forwardsOutput) writeToStderr(text);
    });
    await new Promise((resolve) => stderr.once("close", resolve));
  }

  #withStderr(reason: string): string {
    const output = this.#stderr.trim();
    if (output.includes(reason)) return output;
    return output ? `${reason}: ${output}` : reason;
  }

  #settle(reply: WorkerReply | null): void {
    const pending = reply && this.#pending.get(reply.id);
    if (!pending) return; // code that was loaded with the program sent it
    this.#pending.delete(reply.id);
    this.#restartClock();
    if (pending.isAwaited) this.#countAwaited(-1);
    if (reply.error === undefined) pending.resolve(reply.result);
    else pending.reject(this.#options.answeredError(reply.error));
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
      const reason = this.#withStderr(`did not answer ${operation} within ${seconds} s`);
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
    this.#countAwaited(-this.#awaitedCount);
    for (const { message, reject } of pending)
      reject(this.#options.endedError(end, message.operation));
  }

  /** Counts the requests that callers wait for. While there are any, the parent stays alive. */
  #countAwaited(change: number): void {
    const before = this.#awaitedCount;
    this.#awaitedCount += change;
    if (!this.#child || before > 0 === this.#awaitedCount > 0) return;
    if (before > 0) unref(this.#child);
    else ref(this.#child);
  }
}

/** Milliseconds to wait for what follows soon, unless something is wrong. */
const patience = 1000;

async function withinPatience(event: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patience);
  });
  await Promise.race([event, late]);
  clearTimeout(timer);
}

function notStarted(error: unknown): WorkerEnd {
  return { reason: `could not be started: ${whyNotStarted(error)}`, exit: null };
}

function ref(child: ChildProcess): void {
  child.ref();
  child.channel?.ref?.(); // Bun has no such method and needs none
}

function unref(child: ChildProcess): void {
  child.unref();
  child.channel?.unref?.();
}

/** As `console.error` does: if nobody reads stderr any more, the text is lost. */
function writeToStderr(text: string): void {
  process.stderr.on("error", ignore);
  process.stderr.write(text, () => setImmediate(() => process.stderr.off("error", ignore)));
}

function ignore(): void {}
