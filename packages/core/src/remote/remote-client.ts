import type { Output } from "../encoding/waiting-calls.ts";
import { EmbeddingGemmaError } from "../errors.ts";
import type { EmbeddingAnswer } from "./embedding-answer.ts";
import { type Connection, sendRequest, type WireRequest } from "./http-request.ts";
import { openaiEmbedRequest, readOpenaiEmbeddings } from "./openai-api.ts";
import { correctTokens, type RemoteText } from "./remote-text.ts";
import { ServedModel } from "./served-model.ts";
import type { ServerFacts } from "./server-facts.ts";
import type { ServerPool } from "./server-pool.ts";
import { shownUrl } from "./shown-url.ts";
import { type RequestLimits, requestsOf, sendInParts } from "./split-refused.ts";
import {
  readTeiEmbeddings,
  readTeiTokenEmbeddings,
  readTeiTokens,
  type TeiToken,
  teiEmbedRequest,
  teiTokenizeRequest,
} from "./tei-api.ts";

export interface EmbedSettings {
  readonly output: Output;
  /** Whether the model itself normalizes its vectors. */
  readonly normalized: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Most characters of one request: servers accept two megabytes by default. */
const maxCharacters = 400_000;

/** Sends texts to the servers of a pool, in requests of their size. */
export class RemoteClient {
  readonly #pool: ServerPool;
  readonly #connection: Connection;
  readonly #limits: RequestLimits;
  readonly #served = new ServedModel();

  constructor(pool: ServerPool, connection: Connection, maxItems: number) {
    this.#pool = pool;
    this.#connection = connection;
    this.#limits = { maxItems, maxCharacters };
  }

  /**
   * Embeds texts.
   *
   * @returns for each text its vector, or for `"token_embeddings"` the rows of all its tokens
   * @throws RefusedText if the server refuses a text; `SERVER_FAILED`, `MODEL_CHANGED`,
   * `INFERENCE_FAILED`; the reason of `signal`
   */
  async embed(
    texts: readonly RemoteText[],
    settings: EmbedSettings,
  ): Promise<readonly Float32Array[]> {
    const embeddings: Float32Array[] = [];
    for (const side of new Set(texts.map(({ truncationSide }) => truncationSide))) {
      const rows = texts.flatMap((text, row) => (text.truncationSide === side ? [row] : []));
      const found = await this.#inRequests(
        rows,
        (row) => texts[row]!.content,
        (part) =>
          this.#embedPart(
            part.map((row) => texts[row]!),
            settings,
          ),
      );
      rows.forEach((row, position) => {
        embeddings[row] = found[position]!;
      });
    }
    return embeddings;
  }

  /** The tokens of texts, without a limit of their number. @throws as `embed` */
  tokenize(
    texts: readonly string[],
    settings: { promptName?: string; signal?: AbortSignal | undefined } = {},
  ): Promise<readonly TeiToken[][]> {
    const { signal } = settings;
    const rows = [...texts.keys()];
    return this.#inRequests(
      rows,
      (row) => texts[row]!,
      (part) =>
        this.#pool.run(
          async ({ baseUrl }) => {
            const request = teiTokenizeRequest(
              part.map((row) => texts[row]!),
              settings,
            );
            return readTeiTokens(await this.#send(baseUrl, request, signal), part.length);
          },
          { signal },
        ),
    );
  }

  async #inRequests<Result>(
    rows: readonly number[],
    contentAt: (row: number) => RemoteText["content"],
    send: (rows: readonly number[]) => Promise<readonly Result[]>,
  ): Promise<Result[]> {
    const results: Result[] = [];
    for (const request of requestsOf(rows, this.#limits, (row) => contentAt(row).length))
      results.push(...(await sendInParts(request, send)));
    return results;
  }

  #embedPart(
    texts: readonly RemoteText[],
    { output, normalized, signal }: EmbedSettings,
  ): Promise<readonly Float32Array[]> {
    // A call that was made later shares the request, and has its time for retries, too.
    const calledAt = texts.reduce((latest, text) => Math.max(latest, text.calledAt), 0);
    return this.#pool.run(
      async (facts, address) => {
        const request = requestFor(facts, texts, output, normalized);
        const answer = await this.#send(facts.baseUrl, request, signal);
        if (output === "token_embeddings") {
          const states = readTeiTokenEmbeddings(answer, texts.length);
          texts.forEach((text, row) => {
            text.tokens = states[row]!.rows;
          });
          return states.map(({ embeddings }) => embeddings);
        }
        const read = facts.api === "tei" ? readTeiEmbeddings : readOpenaiEmbeddings;
        const embedded: EmbeddingAnswer = read(answer, texts.length);
        this.#served.check(embedded, facts, address);
        if (embedded.tokens !== undefined) correctTokens(texts, embedded.tokens);
        return embedded.vectors;
      },
      { signal, calledAt },
    );
  }

  #send(baseUrl: string, request: WireRequest, signal: AbortSignal | undefined) {
    return sendRequest(baseUrl, { ...request, signal }, this.#connection);
  }
}

function requestFor(
  { api, model, baseUrl, own }: ServerFacts,
  texts: readonly RemoteText[],
  output: Output,
  normalized: boolean,
): WireRequest {
  const contents = texts.map(({ content }) => content);
  const { truncationSide } = texts[0]!;
  if (api === "tei") {
    const dimensions = own?.description.dimension;
    return teiEmbedRequest(contents, { output, normalized, truncationSide, dimensions });
  }
  if (output === "token_embeddings")
    throw unsupported(baseUrl, "vectors of tokens", "MODEL_INCOMPLETE");
  if (truncationSide === "left") throw unsupported(baseUrl, '`truncationSide: "left"`');
  if (contents.some((content) => typeof content !== "string"))
    throw unsupported(baseUrl, "token ids");
  return openaiEmbedRequest(model, contents as string[]);
}

function unsupported(
  url: string,
  what: string,
  code: "INVALID_ARGUMENT" | "MODEL_INCOMPLETE" = "INVALID_ARGUMENT",
): EmbeddingGemmaError {
  return new EmbeddingGemmaError(
    code,
    `${shownUrl(url)} has OpenAI's API, which does not support ${what}. Use a server with the ` +
      "API of Text Embeddings Inference, such as `@embeddinggemma/server`.",
    { url: shownUrl(url) },
  );
}
