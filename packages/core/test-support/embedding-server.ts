import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Embedder } from "../src/embedder.ts";

/** The fields of all requests. */
export interface RequestBody {
  inputs?: Inputs;
  input?: Inputs;
  model?: string;
  normalize?: boolean;
  truncate?: boolean;
  truncation_direction?: string;
  prompt_name?: string;
  encoding_format?: string;
}

type Inputs = string | (string | number[])[];

export interface ServerRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: RequestBody;
}

/** Answers a request in place of the server, or returns false to leave it to the server. */
export type Misbehaviour = (
  request: ServerRequest,
  response: ServerResponse,
  attempt: number,
) => boolean | Promise<boolean>;

export interface EmbeddingServerOptions {
  /** Which API it has. @default "tei" */
  api?: "tei" | "openai" | "openai-without-version" | undefined;
  /** Overrides of the answer of `/info`. */
  info?: Record<string, unknown> | undefined;
  /** Prompt that the server puts before every text. */
  prompt?: string | undefined;
  /** Prompts in the files of the model. */
  prompts?: Readonly<Record<string, string>> | undefined;
  /** Names in `/models`. */
  models?: readonly string[] | undefined;
  maxItems?: number | undefined;
  port?: number | undefined;
}

/**
 * Acts as Text Embeddings Inference or as a server with OpenAI's API, on loopback, over an
 * embedder. Its status codes, fields and messages are theirs.
 */
export class EmbeddingServer implements AsyncDisposable {
  readonly requests: ServerRequest[] = [];
  misbehave: Misbehaviour = () => false;
  /** Headers of successful answers. */
  headers: Record<string, string> = {};
  readonly options: EmbeddingServerOptions;
  readonly #embedder: Embedder;
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch((error) => response.destroy(error));
  });

  private constructor(embedder: Embedder, options: EmbeddingServerOptions) {
    this.#embedder = embedder;
    this.options = { ...options };
  }

  static async start(
    embedder: Embedder,
    options: EmbeddingServerOptions = {},
  ): Promise<EmbeddingServer> {
    const server = new EmbeddingServer(embedder, options);
    await new Promise<void>((resolve) => server.#server.listen(options.port ?? 0, resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The bodies of all requests to a path. */
  bodiesOf(path: string): RequestBody[] {
    return this.requests.filter((request) => request.path === path).map(({ body }) => body);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(message);
    const request: ServerRequest = {
      method: message.method!,
      path: new URL(message.url!, this.url).pathname,
      headers: message.headers,
      body: body === "" ? {} : (JSON.parse(body) as RequestBody),
    };
    this.requests.push(request);
    const attempt = this.requests.filter(({ path }) => path === request.path).length;
    if (await this.misbehave(request, response, attempt)) return;
    const { api = "tei" } = this.options;
    const prefix = api === "openai" ? "/v1" : "";
    if (api === "tei" && request.path === "/info") this.#send(response, this.#info());
    else if (api === "tei" && request.path === "/embed") await this.#embed(request.body, response);
    else if (api === "tei" && request.path === "/embed_all")
      await this.#embedAll(request.body, response);
    else if (api === "tei" && request.path === "/tokenize") this.#tokenize(request.body, response);
    else if (api !== "tei" && request.path === `${prefix}/models`) this.#models(response);
    else if (api !== "tei" && request.path === `${prefix}/embeddings`)
      await this.#embeddings(request.body, response);
    else response.writeHead(404, { "content-type": "text/plain" }).end("404 page not found");
  }

  #info(): object {
    return {
      model_id: "google/embeddinggemma-300m",
      model_sha: "0123456789abcdef0123456789abcdef01234567",
      model_dtype: "float32",
      served_model_name: "google/embeddinggemma-300m",
      model_type: { embedding: { pooling: "mean" } },
      max_concurrent_requests: 512,
      max_input_length: this.#embedder.maxTokens,
      max_batch_tokens: 16_384,
      max_batch_requests: null,
      max_client_batch_size: this.#maxItems,
      auto_truncate: true,
      tokenization_workers: 8,
      version: "1.9.3",
      sha: null,
      docker_label: null,
      ...this.options.info,
    };
  }

  get #maxItems(): number {
    return this.options.maxItems ?? 32;
  }

  async #embed({ inputs, normalize = true, ...body }: RequestBody, response: ServerResponse) {
    const texts = inputsOf(inputs);
    if (this.#refuseBatch(texts, response)) return;
    const { prompt = "" } = this.options;
    const options = {
      normalize,
      truncationSide: body.truncation_direction === "Left" ? "left" : "right",
    } as const;
    const vectors = await Promise.all(
      texts.map((text) =>
        typeof text === "string"
          ? this.#embedder.encode(text, { ...options, prompt })
          : this.#embedder.encodeTokens(text, options),
      ),
    );
    const tokens = await this.#count(texts.filter((text) => typeof text === "string"));
    response.setHeader("x-compute-tokens", tokens);
    this.#send(
      response,
      vectors.map((vector) => Array.from(vector)),
    );
  }

  async #embedAll({ inputs }: RequestBody, response: ServerResponse): Promise<void> {
    const states = await this.#embedder.encodeTokenEmbeddings(inputsOf(inputs) as string[]);
    this.#send(
      response,
      states.map((rows) => rows.map((row) => Array.from(row))),
    );
  }

  /** Whether a batch was refused, as TEI does. */
  #refuseBatch(texts: readonly unknown[], response: ServerResponse): boolean {
    const refuse = (status: number, error_type: string, error: string) => {
      this.#send(response, { error, error_type }, status);
      return true;
    };
    if (texts.length > this.#maxItems) {
      const limit = `maximum allowed batch size ${this.#maxItems}`;
      return refuse(422, "Validation", `batch size ${texts.length} > ${limit}`);
    }
    if (texts.some((text) => text === ""))
      return refuse(400, "Empty", "Input validation error: `inputs` cannot be empty");
    return false;
  }

  #tokenize({ inputs, prompt_name: name }: RequestBody, response: ServerResponse) {
    const texts = inputsOf(inputs) as string[];
    if (this.#refuseBatch(texts, response)) return;
    if (texts.includes("")) {
      const error = "`inputs` cannot be empty";
      this.#send(response, { error, error_type: "Validation" }, 422);
      return;
    }
    const { prompts = {} } = this.options;
    if (name !== undefined && !Object.hasOwn(prompts, name)) {
      const error = `\`default-prompt-name\` is set to \`${name}\` but it was not found`;
      this.#send(response, { error, error_type: "Validation" }, 422);
      return;
    }
    const prompt = (name === undefined ? this.options.prompt : prompts[name]) ?? "";
    const specialToken = { special: true, start: null, stop: null };
    const tokens = texts.map((text) => {
      let start = 0;
      const content = Array.from(prompt + text, (character) => {
        const stop = start + Buffer.byteLength(character);
        const [id] = this.#embedder.tokenizer.encode(character);
        const token = { id, text: character, special: false, start, stop };
        start = stop;
        return token;
      });
      return [
        { id: 1, text: "<bos>", ...specialToken },
        ...content,
        { id: 2, text: "<eos>", ...specialToken },
      ];
    });
    this.#send(response, tokens);
  }

  #models(response: ServerResponse): void {
    const { models = ["google/embeddinggemma-300m"] } = this.options;
    const data = models.map((id) => ({ id, object: "model", created: 0, owned_by: "me" }));
    this.#send(response, { object: "list", data });
  }

  async #embeddings({ input, model, encoding_format }: RequestBody, response: ServerResponse) {
    const texts = inputsOf(input) as string[];
    const vectors = await this.#embedder.encode(texts, { prompt: "", normalize: true });
    const data = vectors.map((vector, index) => ({
      object: "embedding",
      index,
      embedding: encoding_format === "base64" ? base64Of(vector) : Array.from(vector),
    }));
    const tokens = await this.#count(texts);
    const usage = { prompt_tokens: tokens, total_tokens: tokens };
    // The order of `data` is free.
    this.#send(response, { object: "list", data: data.reverse(), model, usage });
  }

  async #count(texts: readonly string[]): Promise<number> {
    const { maxTokens } = this.#embedder;
    const counts = await Promise.all(
      texts.map((text) => this.#embedder.countTokens(text, { prompt: this.options.prompt ?? "" })),
    );
    return counts.reduce((sum, count) => sum + Math.min(count, maxTokens), 0);
  }

  #send(response: ServerResponse, body: unknown, status = 200): void {
    const headers = { "content-type": "application/json", ...(status === 200 && this.headers) };
    response.writeHead(status, headers).end(JSON.stringify(body));
  }
}

function inputsOf(inputs: Inputs = []): (string | number[])[] {
  return Array.isArray(inputs) ? inputs : [inputs];
}

function base64Of(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64");
}
