import { SharedPromise } from "@embeddinggemma/internal";
import { backoff } from "./retry-delay.ts";
import type { ServerFacts } from "./server-facts.ts";
import type { ServerFailure } from "./server-failure.ts";

/** After this time, a server that is in use is asked again which model it has. */
const checkInterval = 30_000;

/** One of the addresses of a service: whether it works, how busy it is, and what it serves. */
export class Address {
  readonly url: string;
  inFlight = 0;
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

  /** @param ask - asks the server what it serves */
  constructor(url: string, ask: (url: string, known: ServerFacts | null) => Promise<ServerFacts>) {
    this.url = url;
    this.#check = new SharedPromise(() => ask(url, this.#facts));
  }

  /**
   * When it may be used: now, or later, if it rests. After a failure, one request at a time tries
   * whether it works again.
   */
  get readyAt(): number {
    if (this.isDown && this.inFlight > 0) return Number.POSITIVE_INFINITY;
    const recheck = this.isForeign ? this.#checkedAt + checkInterval : Number.NEGATIVE_INFINITY;
    return Math.max(this.#restsUntil, recheck);
  }

  /** Whether it failed as a whole, and has not answered since. */
  get isDown(): boolean {
    return this.#failures > 0;
  }

  /** When it went down. */
  get failingSince(): number {
    return this.#failingSince;
  }

  /** When it failed last. */
  get failedAt(): number {
    return this.#failedAt;
  }

  /** When it may be tried although it rests: once nobody tries it, and as late as it asked for. */
  get mayBeTriedAt(): number {
    if (this.inFlight > 0) return Number.POSITIVE_INFINITY;
    return this.#failedAt + (this.lastFailure?.facts.retryAfter ?? 0);
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
