import type { Embedder } from "@embeddinggemma/core";
import type { DocumentIndex } from "../documents/document-index.ts";
import type { Permits } from "../http/permits.ts";
import type { AppSettings } from "../options.ts";

/** What the routes of txtai serve. */
export interface TxtaiOptions {
  readonly embedder: Embedder;
  /** Documents to search. Without it, only similarities and vectors are served. */
  readonly index?: DocumentIndex | undefined;
  /**
   * Whether hits have their text, as with `content: true` in txtai. Ids are strings then.
   *
   * @default true
   */
  readonly content?: boolean | undefined;
  readonly settings: Pick<
    AppSettings,
    "allowedOrigins" | "autoTruncate" | "maxOpenAIBatchSize" | "openAIPayloadLimit"
  >;
  readonly permits: Permits;
}
