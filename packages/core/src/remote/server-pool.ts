import { untilAborted } from "@embeddinggemma/internal";
import { EmbeddingGemmaError } from "../errors.ts";
import { delay } from "../files/fetch-policy.ts";
import { Address } from "./address.ts";
import { backoff, longestWait, retryTime } from "./retry-delay.ts";
import type { ServerFacts } from "./server-facts.ts";
import { ServerFailure } from "./server-failure.ts";
import { shownUrl } from "./shown-url.ts";

export interface ServerPoolOptions {
  /**
   * Asks a server what it serves.
   *
   * @param known - its last answer
   */
  ask(url: string, known: ServerFacts | null): Promise<ServerFacts>;
  /** How often a request is sent again to an address where it failed. */
  readonly maxRetries: number;
}

export interface RunOptions {
  readonly signal: AbortSignal | undefined;
  /** When the call was made that the task belongs to. @default now */
  readonly calledAt?: number | undefined;
}

/**
 * The addresses of one service, which all serve the same model. A request goes to the address that
 * is the least busy. If it fails there, it goes to the next; if it failed everywhere, it waits.
 *
 * When all addresses are down, one request at a time tries each of them, for all that wait: they
 * all fail when the time for retries is over, however many they are. The time that the requests
 * themselves take does not count.
 */
export class ServerPool {
  readonly #addresses: readonly Address[];
  readonly #maxRetries: number;
  readonly #waiting = new Set<() => void>();
  #expected: ServerFacts | null = null;
  #uses = 0;

  constructor(urls: readonly string[], { ask, maxRetries }: ServerPoolOptions) {
    this.#addresses = urls.map((url) => new Address(url, ask));
    this.#maxRetries = maxRetries;
  }

  /**
   * Asks one server what it serves, and then the others, which need not be reachable yet.
   *
   * @throws `SERVER_FAILED`, `MODEL_CHANGED` if two servers have different models
   */
  async connect(signal: AbortSignal | undefined): Promise<ServerFacts> {
    const facts = await this.run(async (facts) => facts, { signal });
    const others = this.#addresses.map(async (address) => {
      const startedAt = performance.now();
      await this.#checked(address).catch((error: unknown) => {
        if (!(error instanceof ServerFailure)) throw error;
        address.failed(error, startedAt);
      });
    });
    const grace = new AbortController();
    try {
      await untilAborted(signal, () =>
        Promise.race([Promise.all(others), delay(graceMilliseconds, grace.signal)]),
      );
    } finally {
      grace.abort();
    }
    return facts;
  }

  /**
   * Runs a task on one of the servers, again after failures that may pass.
   *
   * @throws ServerFailure if the server refuses what it is sent; `SERVER_FAILED`, `MODEL_CHANGED`;
   * the reason of `signal`
   */
  async run<T>(
    task: (facts: ServerFacts, address: Address) => Promise<T>,
    { signal, calledAt = performance.now() }: RunOptions,
  ): Promise<T> {
    const tries = new RequestTries(this.#maxRetries);
    for (;;) {
      const address = await this.#next(tries, calledAt, signal);
      const startedAt = performance.now();
      address.begin();
      address.lastUse = ++this.#uses;
      try {
        const facts = await untilAborted(signal, () => this.#checked(address));
        const result = await task(facts, address);
        address.succeeded(startedAt);
        return result;
      } catch (error) {
        signal?.throwIfAborted();
        const kind = error instanceof ServerFailure ? error.facts.kind : undefined;
        if (error instanceof ServerFailure && (kind === "retry" || kind === "leave")) {
          address.failed(error, startedAt);
          tries.failed(address, error);
          if (kind === "leave") tries.exclude(address, error);
        } else if (isModelChanged(error)) {
          tries.exclude(address, error);
        } else {
          address.succeeded(startedAt);
          throw error instanceof ServerFailure && kind === "stop" ? error.asError() : error;
        }
      } finally {
        address.end();
        for (const wake of this.#waiting) wake();
      }
    }
  }

  /** What the server serves. @throws ServerFailure, `MODEL_CHANGED` */
  async #checked(address: Address): Promise<ServerFacts> {
    const facts = await address.facts();
    this.#expected ??= facts;
    const { identity } = this.#expected;
    address.isForeign = facts.identity !== identity;
    if (!address.isForeign) return facts;
    throw modelChanged(address.url, identity, facts.identity);
  }

  /** The address for the next try. Waits until one is ready. */
  async #next(
    tries: RequestTries,
    calledAt: number,
    signal: AbortSignal | undefined,
  ): Promise<Address> {
    for (;;) {
      signal?.throwIfAborted();
      const left = this.#addresses.filter((address) => !tries.isExcluded(address));
      if (left.length === 0) throw tries.lastError();
      const now = performance.now();
      const readyAt = (address: Address) => Math.max(address.readyAt, tries.readyAt(address));
      const ready = left.filter((address) => readyAt(address) <= now).sort(leastBusyFirst);
      // Trying an address for the first time is no retry.
      const next = ready.find((address) => !tries.has(address)) ?? ready[0];
      if (next) return next;
      const usable = left.filter(({ isForeign }) => !isForeign);
      // Only servers with another model are left: perhaps one of them has the right one again.
      if (usable.length === 0) return left.sort(leastBusyFirst)[0]!;
      const soonest = usable.reduce((a, b) => (readyAt(b) < readyAt(a) ? b : a));
      const soonestAt = readyAt(soonest);
      if (Number.isFinite(soonestAt) && soonestAt - now > longestWait)
        throw soonest.lastFailure?.asError() ?? tries.lastError();
      let wakeAt = soonestAt;
      if (usable.every(({ isDown }) => isDown)) {
        const last = this.#lastTry(usable, calledAt, now);
        if (!last) throw soonest.lastFailure!.asError(tries.attempts);
        if (last.at <= now) return last.address;
        wakeAt = Math.min(wakeAt, last.at);
      }
      await this.#wait(Math.min(wakeAt - now, longestWait), signal);
    }
  }

  /**
   * The next of the last tries of a call, if all addresses are down: an address gets one, by any
   * request, when it has rested as long as the retries of a call take.
   *
   * @returns undefined after the last tries of all
   */
  #lastTry(
    addresses: readonly Address[],
    calledAt: number,
    now: number,
  ): { readonly address: Address; readonly at: number } | undefined {
    let next: { readonly address: Address; readonly at: number } | undefined;
    for (const address of addresses) {
      const time = retryTime(this.#maxRetries, address.lastFailure?.facts.retryAfter);
      const { failedAt } = address;
      // A millisecond of tolerance, because the time is a sum of parts.
      if (failedAt >= calledAt && address.restedBetween(calledAt, failedAt) >= time - 1) continue;
      const rest = time - address.restedBetween(calledAt, now);
      const at = Math.max(address.mayBeTriedAt, now + rest);
      if (!next || at < next.at) next = { address, at };
    }
    return next;
  }

  /** Waits, until another request ends at the latest. */
  async #wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    let wake = () => {};
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const timer = new AbortController();
    this.#waiting.add(wake);
    try {
      await untilAborted(signal, () => Promise.race([woken, delay(milliseconds, timer.signal)]));
    } finally {
      this.#waiting.delete(wake);
      timer.abort();
    }
  }
}

/** How long `connect` waits for the other servers once one has answered. */
const graceMilliseconds = 2000;

function leastBusyFirst(a: Address, b: Address): number {
  return a.inFlight - b.inFlight || a.lastUse - b.lastUse;
}

/** What one request has tried. */
class RequestTries {
  readonly #maxRetries: number;
  /** Number of failures by address. */
  readonly #failures = new Map<Address, number>();
  readonly #readyAt = new Map<Address, number>();
  readonly #excluded = new Set<Address>();
  #attempts = 0;
  #last: ServerFailure | EmbeddingGemmaError | null = null;

  constructor(maxRetries: number) {
    this.#maxRetries = maxRetries;
  }

  /** How often the request was sent. */
  get attempts(): number {
    return this.#attempts;
  }

  has(address: Address): boolean {
    return this.#failures.has(address);
  }

  /** When this request may try the address again. */
  readyAt(address: Address): number {
    return this.#readyAt.get(address) ?? Number.NEGATIVE_INFINITY;
  }

  isExcluded(address: Address): boolean {
    return this.#excluded.has(address);
  }

  failed(address: Address, error: ServerFailure): void {
    const failures = (this.#failures.get(address) ?? 0) + 1;
    this.#failures.set(address, failures);
    const wait = error.facts.retryAfter ?? backoff(failures);
    this.#readyAt.set(address, performance.now() + wait);
    this.#attempts++;
    this.#last = error;
    if (failures > this.#maxRetries) this.#excluded.add(address);
  }

  exclude(address: Address, error: ServerFailure | EmbeddingGemmaError): void {
    this.#excluded.add(address);
    this.#last = error;
  }

  lastError(): EmbeddingGemmaError {
    return this.#last instanceof ServerFailure ? this.#last.asError(this.#attempts) : this.#last!;
  }
}

function isModelChanged(error: unknown): error is EmbeddingGemmaError {
  return EmbeddingGemmaError.isInstance(error) && error.code === "MODEL_CHANGED";
}

/** The error for a server that has another model than it had, or than the others. */
export function modelChanged(url: string, expected: string, found: string): EmbeddingGemmaError {
  const address = shownUrl(url);
  return new EmbeddingGemmaError(
    "MODEL_CHANGED",
    `${address} serves ${found}, but this embedder is connected to ${expected}. Vectors of ` +
      "two models must not be mixed. Connect again, or let all addresses serve the same model.",
    { url: address, expected, found },
  );
}
