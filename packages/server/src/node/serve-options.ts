import type { AppOptions } from "../options.ts";

/** Options of `serve`: those of `createApp`, and of the HTTP server. */
export interface ServeOptions extends AppOptions {
  /** The address to listen on. @default "0.0.0.0", every IPv4 address of the machine */
  hostname?: string | undefined;
  /** The port to listen on; 0 for any that is free. @default 3000 */
  port?: number | undefined;
  /**
   * Milliseconds in which a client must have sent the headers of a request, at most
   * {@link ServeOptions.requestTimeout}; 0 for no limit of their own.
   *
   * @default 15_000
   */
  headersTimeout?: number | undefined;
  /**
   * Milliseconds in which a client must have sent all of a request; 0 for no limit.
   *
   * @default 60_000
   */
  requestTimeout?: number | undefined;
  /**
   * Milliseconds for which a connection is kept open after an answer. A load balancer in front
   * must close its idle connections earlier.
   *
   * @default 75_000
   */
  keepAliveTimeout?: number | undefined;
  /** Milliseconds that `close` waits for running requests. @default 30_000 */
  shutdownTimeout?: number | undefined;
}

/** The default of {@link ServeOptions.shutdownTimeout}. */
export const defaultShutdownTimeout = 30_000;

/** A server that listens. */
export interface RunningServer extends AsyncDisposable {
  /** Where clients on this machine find it. */
  readonly url: string;
  readonly hostname: string;
  readonly port: number;
  /**
   * Takes no more connections, answers running requests, and then ends. After
   * {@link ServeOptions.shutdownTimeout}, it closes the connections of requests that still run.
   */
  close(): Promise<CloseReport>;
}

/** What came of the last requests of a server. */
export interface CloseReport {
  /** Number of requests that got no answer, or only a part of it, because they took too long. */
  readonly unanswered: number;
}
