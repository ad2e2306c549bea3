import type { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { ErrorType } from "../http/request-error.ts";
import type { RequestReport } from "../reports/request-report.ts";

/** What `createApp` needs to count requests and to answer `/metrics`. */
export interface AppMetrics {
  /** Called after each request. */
  record(report: RequestReport): void;
  /** Called once by each app, with a function that returns how many requests it has in work. */
  observeRequests?(inWork: () => number): void;
  /** The answer of `/metrics`. */
  render(): Promise<{ readonly contentType: string; readonly body: string }>;
}

/**
 * Metrics for Prometheus, with the names of Text Embeddings Inference.
 *
 * @example
 * const app = createApp(embedder, { metrics: await ServerMetrics.create() });
 */
export class ServerMetrics implements AppMetrics {
  readonly #registry: Registry;
  readonly #metrics: Metrics;
  readonly #inWork: (() => number)[] = [];

  private constructor(registry: Registry, metrics: Metrics) {
    this.#registry = registry;
    this.#metrics = metrics;
  }

  /** Metrics of their own: nothing is registered in `prom-client`'s global registry. */
  static async create(options: { process?: boolean | undefined } = {}): Promise<ServerMetrics> {
    // Not imported by applications that have no metrics: prom-client needs Node.
    const client = await import("prom-client");
    const { Registry, Counter, Gauge, Histogram, exponentialBuckets } = client.default ?? client;
    const registry = new Registry();
    const registers = [registry];
    const seconds = exponentialBuckets(1e-5, 1.5, 35);
    const lengths = exponentialBuckets(2 ** 1.2, 2 ** 0.6, 19).map(Math.round);
    const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
      new Counter({ name, help, labelNames, registers });
    const histogram = (name: string, help: string, buckets = seconds) =>
      new Histogram({ name, help, buckets, registers });
    const times = (prefix: string, of: string) => ({
      total: histogram(`${prefix}_duration`, `Seconds of ${of}`),
      tokenization: histogram(`${prefix}_tokenization_duration`, `Seconds of tokenizing ${of}`),
      queue: histogram(`${prefix}_queue_duration`, `Seconds that ${of} waited`),
      inference: histogram(`${prefix}_inference_duration`, `Seconds of the inference of ${of}`),
    });
    if (options.process) (client.default ?? client).collectDefaultMetrics({ register: registry });
    return new ServerMetrics(registry, {
      requests: counter("te_request_count", "Requests to embed", ["method"]),
      successes: counter("te_request_success", "Requests that were embedded", ["method"]),
      failures: counter("te_request_failure", "Requests that failed", ["err"]),
      embedded: counter("te_embed_count", "Inputs of requests", []),
      embedSuccesses: counter("te_embed_success", "Inputs that were embedded", []),
      requestTimes: times("te_request", "requests"),
      embedTimes: times("te_embed", "inputs"),
      inputLength: histogram(
        "te_request_input_length",
        "Tokens of an input, on average in its request",
        lengths,
      ),
      queueSize: new Gauge({
        name: "te_queue_size",
        help: "Requests in work, waiting ones included",
        registers,
      }),
    });
  }

  observeRequests(inWork: () => number): void {
    this.#inWork.push(inWork);
  }

  record({ inputs, statistics, errorType, status, duration }: RequestReport): void {
    const { requests, successes, failures, embedded, embedSuccesses, ...metrics } = this.#metrics;
    if (errorType !== null) failures.inc({ err: failureNames[errorType] });
    else if (status === 499) failures.inc({ err: "dropped" });
    // An empty batch has no average.
    if (!inputs) return;
    const method = inputs === 1 ? "single" : "batch";
    requests.inc({ method });
    embedded.inc(inputs);
    if (!statistics) return;
    successes.inc({ method });
    embedSuccesses.inc(inputs);
    metrics.inputLength.observe(statistics.tokens / inputs);
    for (const { total, tokenization, queue, inference } of [
      metrics.requestTimes,
      metrics.embedTimes,
    ]) {
      total.observe(duration / 1000);
      tokenization.observe(statistics.tokenizationTime / 1000);
      queue.observe(statistics.queueTime / 1000);
      inference.observe(statistics.inferenceTime / 1000);
    }
  }

  async render(): Promise<{ contentType: string; body: string }> {
    this.#metrics.queueSize.set(this.#inWork.reduce((sum, inWork) => sum + inWork(), 0));
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  }
}

interface Times {
  readonly total: Histogram;
  readonly tokenization: Histogram;
  readonly queue: Histogram;
  readonly inference: Histogram;
}

interface Metrics {
  readonly requests: Counter<"method">;
  readonly successes: Counter<"method">;
  readonly failures: Counter<"err">;
  readonly embedded: Counter;
  readonly embedSuccesses: Counter;
  readonly requestTimes: Times;
  readonly embedTimes: Times;
  readonly inputLength: Histogram;
  readonly queueSize: Gauge;
}

/** TEI's names for kinds of failures. */
const failureNames: Readonly<Record<ErrorType, string>> = {
  Backend: "inference",
  Empty: "validation",
  Overloaded: "overloaded",
  Validation: "validation",
};
