import { EmbeddingGemmaError } from "../errors.ts";
import { shownUrl } from "./shown-url.ts";

/**
 * What to do about a request that failed:
 *
 * - `"retry"`: the same request may pass later, or at another address.
 * - `"leave"`: this address can never be reached, perhaps another one can.
 * - `"split"`: the server refuses the texts, perhaps because of one of them.
 * - `"stop"`: nothing helps.
 */
export type FailureKind = "retry" | "leave" | "split" | "stop";

export interface FailureFacts {
  readonly kind: FailureKind;
  /** Address that the request went to. */
  readonly url: string;
  /** Undefined if there was no answer. */
  readonly status?: number | undefined;
  /** Milliseconds to wait, if the server says so. */
  readonly retryAfter?: number | undefined;
  /**
   * Whether the address as a whole is down or busy, and not only this request fails.
   *
   * @default false
   */
  readonly isAddressDown?: boolean | undefined;
  /** What to do about it, as a sentence that the message ends with. */
  readonly advice?: string | undefined;
  /** What the server says about a text that is too long. */
  readonly tooLong?: TooLong | undefined;
}

/** How long a text is, and how long it may be, as far as the server says. */
export interface TooLong {
  readonly tokens?: number | undefined;
  readonly maxTokens?: number | undefined;
}

/** A request that failed. Callers see it as an {@link EmbeddingGemmaError}; see `asError`. */
export class ServerFailure extends Error {
  readonly facts: FailureFacts;
  /** The message without the advice. */
  readonly reason: string;

  constructor(reason: string, facts: FailureFacts, options?: ErrorOptions) {
    const url = shownUrl(facts.url);
    const shownReason = reason.replaceAll(facts.url, url);
    super(facts.advice ? `${shownReason} ${facts.advice}` : shownReason, options);
    this.reason = shownReason;
    this.facts = { ...facts, url };
  }

  /** @param attempts - how often the request was sent */
  asError(attempts = 1): EmbeddingGemmaError {
    const { url, status, retryAfter } = this.facts;
    const after = attempts > 1 ? ` It was sent ${attempts} times.` : "";
    return new EmbeddingGemmaError(
      "SERVER_FAILED",
      `${this.message}${after}`,
      { url, status, attempts, ...(retryAfter !== undefined && { retryAfter }) },
      { cause: this },
    );
  }
}
