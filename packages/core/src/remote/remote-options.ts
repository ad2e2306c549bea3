import type { HubOptions } from "../files/model-folder.ts";
import type { ServerDescription } from "./describe-server.ts";
import type { ServerApiName } from "./server-facts.ts";

/** How to reach a server, and what it does not say itself. */
export interface RemoteModelOptions extends ServerDescription, HubOptions {
  /**
   * The API of the server: `"tei"` for Text Embeddings Inference and `@embeddinggemma/server`,
   * `"openai"` for OpenAI and all that has its API, such as infinity, vLLM and Ollama. `"auto"`
   * takes `"tei"` if the server answers `/info`, else `"openai"`.
   *
   * @default "auto"
   */
  api?: ServerApiName | "auto" | undefined;
  /**
   * Name of the model, as the server lists it in `/models`. Needed if it lists several, or none.
   * Has no effect with Text Embeddings Inference, which has one; the process warns of another name.
   */
  model?: string | undefined;
  /** Key of the server, sent as `Authorization: Bearer <key>`. */
  apiKey?: string | undefined;
  /** Headers of all requests. They take precedence over those of this package. */
  headers?: Readonly<Record<string, string>> | undefined;
  /**
   * Sends the requests, for a proxy or another HTTP client.
   *
   * @default the global `fetch`
   */
  fetch?: typeof fetch | undefined;
  /** Milliseconds that a request may take, its answer included. @default 120,000 */
  timeout?: number | undefined;
  /**
   * How often a request is sent again to an address after a failure that may pass: a broken
   * connection, the statuses 408, 409, 425, 429 and most from 500. The waits grow from half a
   * second to 16 seconds, or are those that the server asks for with `Retry-After`. Another address
   * is tried first, which does not count.
   *
   * @default 5
   */
  maxRetries?: number | undefined;
  /** How many requests are sent at once, to all addresses together. @default 4 for each address */
  maxConcurrency?: number | undefined;
  /**
   * Folder or Hub id of the model whose tokenizer the server uses. Only its tokenizer is loaded.
   * With it, requests are filled by tokens, and lengths are known without asking the server, which
   * OpenAI's API needs for {@link Embedder.countTokens}, `truncation: "error"` and `onTruncate`.
   * `revision`, `token`, `endpoint`, `cacheDir` and `localFilesOnly` are for these files.
   */
  tokenizer?: string | URL | undefined;
}

export const remoteDefaults = { api: "auto", timeout: 120_000, maxRetries: 5 } as const;

/** Number of requests to one address at once. */
export const requestsPerAddress = 4;
