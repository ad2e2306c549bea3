import type { DocumentIndex } from "./documents/document-index.ts";
import type { AppMetrics } from "./metrics/server-metrics.ts";
import type { RequestReport } from "./reports/request-report.ts";

/** Options of `createApp`. Their names and defaults are those of Text Embeddings Inference. */
export interface AppOptions {
  /** Name of the model in answers. @default `embedder.model` */
  servedModelName?: string | undefined;
  /**
   * How many requests can be in work at once, waiting ones included. More are answered with 429.
   *
   * @default 512
   */
  maxConcurrentRequests?: number | undefined;
  /** Most tokens of one inference, padding included. @default that of the embedder */
  maxBatchTokens?: number | undefined;
  /** How many inputs a request to a route of TEI can have. @default 32 */
  maxClientBatchSize?: number | undefined;
  /** How many inputs a request to a route of OpenAI, Ollama or txtai can have. @default 2048 */
  maxOpenAIBatchSize?: number | undefined;
  /**
   * Cut inputs that are too long, unless the request says otherwise. With `false`, they are
   * refused.
   *
   * @default true
   */
  autoTruncate?: boolean | undefined;
  /** Name of the prompt for requests that name none. @default none */
  defaultPromptName?: string | undefined;
  /** Prompt for requests that name none. Set only one of the two. @default none */
  defaultPrompt?: string | undefined;
  /** Most bytes of a request to a route of TEI. @default 2_000_000 */
  payloadLimit?: number | undefined;
  /** Most bytes of a request to other routes. @default 32_000_000 */
  openAIPayloadLimit?: number | undefined;
  /** Requests need the header `Authorization: Bearer <key>`. @default no key */
  apiKey?: string | undefined;
  /**
   * Origins that browsers accept answers for, such as `"https://example.com"`; `"*"` for all.
   *
   * @default none
   */
  corsAllowOrigin?: string | readonly string[] | undefined;
  /** Documents for the routes of txtai. @default none */
  index?: DocumentIndex | undefined;
  /** Whether hits of {@link AppOptions.index} have their text. @default true */
  content?: boolean | undefined;
  /** Counts requests, and answers `/metrics`; see `ServerMetrics`. @default none */
  metrics?: AppMetrics | undefined;
  /** Called after each request, for logs. If it throws, that is a warning. @default none */
  onRequest?: ((report: RequestReport) => void) | undefined;
}

/** {@link AppOptions} with all defaults. */
export interface AppSettings {
  readonly servedModelName: string;
  readonly maxConcurrentRequests: number;
  readonly maxBatchTokens: number | undefined;
  readonly maxClientBatchSize: number;
  readonly maxOpenAIBatchSize: number;
  readonly autoTruncate: boolean;
  /** Prompt for requests that name none; `""` for none. */
  readonly defaultPrompt: string;
  readonly payloadLimit: number;
  readonly openAIPayloadLimit: number;
  /** Origins that browsers accept answers for; undefined for none. */
  readonly allowedOrigins: "*" | string[] | undefined;
}
