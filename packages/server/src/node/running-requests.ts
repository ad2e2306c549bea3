import type { ServerResponse } from "node:http";
import type { ConnectionState } from "../reports/request-report.ts";

/** The requests of a server whose answers are not sent yet. */
export class RunningRequests implements ConnectionState {
  readonly #answers = new Set<ServerResponse>();
  #isClosing = false;
  #isCut = false;

  get count(): number {
    return this.#answers.size;
  }

  /** Whether an answer is complete and not sent yet. Node takes its connection for idle. */
  get areSending(): boolean {
    return [...this.#answers].some(({ writableEnded }) => writableEnded);
  }

  /** Whether the requests that still run have lost their connections. */
  get isCut(): boolean {
    return this.#isCut;
  }

  add(answer: ServerResponse): void {
    this.#answers.add(answer);
    if (this.#isClosing) answer.shouldKeepAlive = false;
    for (const event of ["finish", "close"]) answer.once(event, () => this.#answers.delete(answer));
  }

  /** From now on, a connection is closed after its answer. */
  closeAfterAnswers(): void {
    this.#isClosing = true;
    for (const answer of this.#answers) answer.shouldKeepAlive = false;
  }

  /** Notes that the server closes all connections. */
  cut(): void {
    this.#isCut = true;
  }
}
