import type { ModelDescription } from "../model/description.ts";

/** The protocol of a server: that of Text Embeddings Inference, or that of OpenAI. */
export type ServerApiName = "tei" | "openai";

/** What a server says about itself. */
export interface ServerFacts {
  readonly api: ServerApiName;
  /** The paths of the API come after this. */
  readonly baseUrl: string;
  /** Name of the model. */
  readonly model: string;
  /** Identity of the model that is served. Never depends on the URL. */
  readonly identity: string;
  /** `model_dtype` of Text Embeddings Inference, such as `float16`. */
  readonly dtype?: string | undefined;
  /** Maximum length of an input in tokens. */
  readonly maxTokens?: number | undefined;
  /** Limits of one request. */
  readonly maxBatchTokens?: number | undefined;
  readonly maxItems?: number | undefined;
  /** Maximum number of texts that the server works on or has waiting. */
  readonly maxWaiting?: number | undefined;
  /** Prompt that the server itself puts before every text; empty if there is none. */
  readonly serverPrompt?: string | undefined;
  /** Only for servers of `@embeddinggemma/server`. */
  readonly own?: OwnFacts | undefined;
}

/** The object `embeddinggemma` in `/info` of `@embeddinggemma/server`. */
export interface OwnFacts {
  readonly dtype: string;
  readonly batchInvariant: boolean;
  readonly description: ModelDescription;
  /** Which texts the server's adapter changes; null if it has none. */
  readonly adapterSides: string | null;
}
