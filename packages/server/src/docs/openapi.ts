import { z } from "zod";
import {
  embeddingsForm as ollamaEmbeddingsForm,
  embedForm as ollamaEmbedForm,
} from "../ollama/forms.ts";
import { embeddingsForm } from "../openai/forms.ts";
import { decodeForm, embedAllForm, embedForm, similarityForm, tokenizeForm } from "../tei/forms.ts";
import { version } from "../version.ts";

type Schema = Readonly<Record<string, unknown>>;

/** One route, as the description names it. */
interface Operation {
  readonly method: "get" | "post";
  readonly path: string;
  readonly tag: "Text Embeddings Inference" | "OpenAI" | "Ollama";
  readonly summary: string;
  readonly body?: z.ZodType;
  readonly answer: Schema;
  /** The status codes of errors, apart from 401. */
  readonly errors?: readonly number[];
}

const numbers: Schema = { type: "array", items: { type: "number" } };
const text: Schema = { type: "string" };
const count: Schema = { type: "integer" };
const anyObject: Schema = { type: "object" };
const arrayOf = (items: Schema): Schema => ({ type: "array", items });
const object = (properties: Readonly<Record<string, Schema>>): Schema => ({
  type: "object",
  properties,
  required: Object.keys(properties),
});

const token = object({
  id: count,
  text,
  special: { type: "boolean" },
  start: { type: ["integer", "null"] },
  stop: { type: ["integer", "null"] },
});

const embeddingsOfOpenAI = object({
  object: { const: "list" },
  data: arrayOf(
    object({
      object: { const: "embedding" },
      index: count,
      embedding: { anyOf: [numbers, { ...text, description: "little-endian float32 in base64" }] },
    }),
  ),
  model: text,
  usage: object({ prompt_tokens: count, total_tokens: count }),
});

const teiErrors = [400, 413, 415, 422, 424, 429];
const openAIErrors = [400, 404, 413, 415, 422, 424, 429];
const ollamaErrors = [400, 404, 413, 424, 429];

const tei = (path: string, summary: string, body: z.ZodType, answer: Schema): Operation => ({
  method: "post",
  path,
  tag: "Text Embeddings Inference",
  summary,
  body,
  answer,
  errors: teiErrors,
});
const get = (path: string, tag: Operation["tag"], summary: string, answer: Schema): Operation => ({
  method: "get",
  path,
  tag,
  summary,
  answer,
});

const operations: readonly Operation[] = [
  tei("/embed", "Vectors of texts", embedForm, arrayOf(numbers)),
  tei("/embed_all", "Vectors of all tokens of texts", embedAllForm, arrayOf(arrayOf(numbers))),
  tei("/similarity", "Similarities of a text to others", similarityForm, numbers),
  tei("/tokenize", "Tokens of texts", tokenizeForm, arrayOf(arrayOf(token))),
  tei("/decode", "Texts of tokens", decodeForm, arrayOf(text)),
  get("/info", "Text Embeddings Inference", "Model and limits", anyObject),
  get("/health", "Text Embeddings Inference", "200 if the model works, else 503", {}),
  get("/metrics", "Text Embeddings Inference", "Metrics for Prometheus", text),
  {
    method: "post",
    path: "/v1/embeddings",
    tag: "OpenAI",
    summary: "Vectors of texts. A model name such as `name:query` chooses a prompt.",
    body: embeddingsForm,
    answer: embeddingsOfOpenAI,
    errors: openAIErrors,
  },
  get(
    "/v1/models",
    "OpenAI",
    "The model",
    object({ object: { const: "list" }, data: arrayOf(object({ id: text })) }),
  ),
  {
    method: "post",
    path: "/api/embed",
    tag: "Ollama",
    summary: "Vectors of texts. A model name such as `name:query` chooses a prompt.",
    body: ollamaEmbedForm,
    answer: object({ model: text, embeddings: arrayOf(numbers), prompt_eval_count: count }),
    errors: ollamaErrors,
  },
  {
    method: "post",
    path: "/api/embeddings",
    tag: "Ollama",
    summary: "Vector of one text",
    body: ollamaEmbeddingsForm,
    answer: object({ embedding: numbers }),
    errors: ollamaErrors,
  },
  get("/api/tags", "Ollama", "The model", object({ models: arrayOf(object({ name: text })) })),
  get("/api/version", "Ollama", "Version of the server", object({ version: text })),
];

const reasons: Readonly<Record<number, string>> = {
  400: "The body is not JSON, or has no inputs",
  401: "The key is missing or wrong",
  404: "There is no such prompt",
  413: "The body is too large",
  415: "The content type is not application/json",
  422: "A field is wrong, or an input is too long",
  424: "The model failed",
  429: "Too many requests are in work",
};

/** Describes the routes in OpenAPI 3.1. Bodies are described by the schemas that check them. */
export function openApiDocument({ hasKey }: { hasKey: boolean }): Schema {
  const paths: Record<string, Record<string, Schema>> = {};
  for (const operation of operations) {
    paths[operation.path] = { [operation.method]: operationObject(operation, hasKey) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "EmbeddingGemma server",
      description: "Embeddings over the APIs of Text Embeddings Inference, OpenAI and Ollama.",
      version,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    // Relative to the address of this document: the app can be under a prefix.
    servers: [{ url: ".." }],
    ...(hasKey && { security: [{ key: [] }] }),
    paths,
    ...(hasKey && {
      components: { securitySchemes: { key: { type: "http", scheme: "bearer" } } },
    }),
  };
}

function operationObject(
  { path, tag, summary, body, answer, errors = [] }: Operation,
  hasKey: boolean,
): Schema {
  const statuses = hasKey && !publicPaths.includes(path) ? [...errors, 401] : errors;
  return {
    tags: [tag],
    summary,
    operationId: path.slice(1).replaceAll(/\W+/g, "_"),
    ...(publicPaths.includes(path) && { security: [] }),
    ...(body && {
      requestBody: {
        required: true,
        content: { "application/json": { schema: schemaOf(body) } },
      },
    }),
    responses: {
      200: { description: "OK", content: contentOf(path, answer) },
      ...Object.fromEntries(statuses.map((status) => [status, { description: reasons[status] }])),
    },
  };
}

const publicPaths = ["/health", "/metrics"];

function contentOf(path: string, schema: Schema): Schema {
  return { [path === "/metrics" ? "text/plain" : "application/json"]: { schema } };
}

function schemaOf(form: z.ZodType): Schema {
  const { $schema: _, ...schema } = z.toJSONSchema(form, { io: "input" });
  return schema;
}
