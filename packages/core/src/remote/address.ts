import { SharedPromise } from "@embeddinggemma/internal";
import { backoff } from "./retry-delay.ts";
import type { ServerFacts } from "./server-facts.ts";
import type { ServerFailure } from "./server-failure.ts";

/** After this time, a server that is in use is asked again which model it has. */
const checkInterval = 30_000;

/** More tries than a call waits for. */
const mostBusyTimes = 1000;

interface TimeSpan {
  readonly from: number;
  readonly until: number;
}

/** One of the addresses of a service: whether it works, how busy it is, and what it serves. */
export class Address {
  readonly url: string;
  /** When it was last used; the order of use, not a time. */
  lastUse = 0;
  /** Whether it had another model when it was last checked. */
  isForeign = false;
  /** Why it rests or has rested. */
  lastFailure: ServerFailure | null = null;
  readonly #check: SharedPromise<ServerFacts>;
  #facts: ServerFacts | null = null;
  #checkedAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #failingSince = Number.NEGATIVE_INFINITY;
  #failedAt = Number.NEGATIVE_INFINITY;
  #restsUntil = Number.NEGATIVE_INFINITY;
  #inFlight = 0;
  #busySince = Number.NEGATIVE_INFINITY;
  /** When requests were in flight since it went down, the latest last. */
  #busyTimes: TimeSpan[] = [];

  /** @param ask - asks the server what it serves */
  constructor(url: string, ask: (url: string, known: ServerFacts | null) => Promise<ServerFacts>) {
    this.url = url;
    this.#check = new SharedPromise(() => ask(url, this.#facts));
  }

  /** Number of requests in flight. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /**
   * When it may be used: now, or later, if it rests. After a failure, one request at a time tries
   * whether it works again.
   */
  get readyAt(): number {
    if (this.isDown && this.#inFlight > 0) return Number.POSITIVE_INFINITY;
    const recheck = this.isForeign ? this.#checkedAt + checkInterval : Number.NEGATIVE_INFINITY;
    return Math.max(this.#restsUntil, recheck);
  }

  /** Whether it failed as a whole, and has not answered since. */
  get isDown(): boolean {
    return this.#failures > 0;
  }

  /** When it failed last. */
  get failedAt(): number {
    return this.#failedAt;
  }

  /** When it may be tried although it rests: once nobody tries it, and as late as it asked for. */
  get mayBeTriedAt(): number {
    if (this.#inFlight > 0) return Number.POSITIVE_INFINITY;
    return this.#failedAt + (this.lastFailure?.facts.retryAfter ?? 0);
  }

  /**
   * Milliseconds of a time in which it was down, and no request was in flight. A request that is
   * still in flight counts from its start.
   */
  restedBetween(start: number, end: number): number {
    const from = Math.max(start, this.#failingSince);
    const until = this.#inFlight > 0 ? Math.min(end, this.#busySince) : end;
    const busy = this.#busyTimes.reduce((sum, time) => sum + overlap(time, from, until), 0);
    return Math.max(until - from, 0) - busy;
  }

  /** A request is sent. */
  begin(): void {
    if (this.#inFlight++ === 0) this.#busySince = performance.now();
  }

  /** A request has ended, after {@link Address.succeeded} or {@link Address.failed}. */
  end(): void {
    if (--this.#inFlight > 0 || !this.isDown) return;
    this.#busyTimes.push({ from: this.#busySince, until: performance.now() });
    if (this.#busyTimes.length > mostBusyTimes) this.#busyTimes.shift();
  }

  /** What the server serves. Asks it, unless the answer is recent. */
  async facts(): Promise<ServerFacts> {
    const isRecent = performance.now() - this.#checkedAt < checkInterval;
    if (this.#facts && isRecent && !this.isForeign) return this.#facts;
    this.#facts = await this.#check.get();
    this.#check.forget();
    this.#checkedAt = performance.now();
    return this.#facts;
  }

  /** The next request asks first what the server serves. */
  recheck(): void {
    this.#checkedAt = Number.NEGATIVE_INFINITY;
  }

  /** @param startedAt - when the request was sent */
  succeeded(startedAt: number): void {
    if (startedAt < this.#failedAt) return;
    this.#failures = 0;
    this.#busyTimes = [];
    this.#restsUntil = Number.NEGATIVE_INFINITY;
  }

  /** @param startedAt - when the request was sent */
  failed(failure: ServerFailure, startedAt: number): void {
    const { facts } = failure;
    this.recheck();
    if (!facts.isAddressDown) {
      // It answers.
      this.succeeded(startedAt);
      return;
    }
    this.lastFailure = failure;
    const now = performance.now();
    if (!this.isDown) this.#failingSince = now;
    // Requests that were under way together fail together, which is one failure.
    if (startedAt >= this.#failedAt) this.#failures++;
    this.#failedAt = now;
    const rest = facts.retryAfter ?? backoff(this.#failures);
    this.#restsUntil = Math.max(this.#restsUntil, now + rest);
  }
}

function overlap(time: TimeSpan, from: number, until: number): number {
  return Math.max(Math.min(time.until, until) - Math.max(time.from, from), 0);
}
