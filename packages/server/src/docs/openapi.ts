import { z } from "zod";
import {
  embeddingsForm as ollamaEmbeddingsForm,
  embedForm as ollamaEmbedForm,
  showForm,
} from "../ollama/forms.ts";
import { embeddingsForm } from "../openai/forms.ts";
import { decodeForm, embedAllForm, embedForm, similarityForm, tokenizeForm } from "../tei/forms.ts";
import {
  batchSearchForm,
  batchSimilarityForm,
  batchTransformForm,
  batchTransformQuery,
  documentIdsForm,
  documentsForm,
  searchQuery,
  transformQuery,
  similarityForm as txtaiSimilarityForm,
} from "../txtai/forms.ts";
import { version } from "../version.ts";

type Schema = Readonly<Record<string, unknown>>;

/** One route, as the description names it. */
interface Operation {
  readonly method: "get" | "post";
  readonly path: string;
  readonly tag: "Text Embeddings Inference" | "OpenAI" | "Ollama" | "txtai";
  readonly summary: string;
  readonly body?: z.ZodType;
  readonly query?: z.ZodObject;
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

const scores = arrayOf(object({ id: count, score: { type: "number" } }));
const documentId: Schema = { type: ["string", "integer"] };
const hits = arrayOf(object({ id: text, text, score: { type: "number" } }));
const nothing: Schema = { type: "null" };

const teiErrors = [400, 413, 415, 422, 424, 429];
const openAIErrors = [400, 404, 413, 415, 424, 429];
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
const txtai = (
  method: Operation["method"],
  path: string,
  summary: string,
  {
    errors = [422, 424, 429],
    ...operation
  }: Pick<Operation, "answer" | "body" | "query" | "errors">,
): Operation => ({ method, path, tag: "txtai", summary, errors, ...operation });
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
  tei(
    "/similarity",
    "Similarities of a text to others; with the body of txtai, in the form of txtai",
    z.union([similarityForm, txtaiSimilarityForm]),
    { anyOf: [numbers, scores] },
  ),
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
  get("/api/ps", "Ollama", "The model", object({ models: arrayOf(object({ name: text })) })),
  {
    method: "post",
    path: "/api/show",
    tag: "Ollama",
    summary: "About the model",
    body: showForm,
    answer: anyObject,
    errors: [400, 404, 413],
  },
  get("/api/version", "Ollama", "Version of the server", object({ version: text })),
  txtai("post", "/batchsimilarity", "Similarities of queries to texts, best first", {
    body: batchSimilarityForm,
    answer: arrayOf(scores),
  }),
  txtai("get", "/transform", "Vector of a text", { query: transformQuery, answer: numbers }),
  txtai("post", "/batchtransform", "Vectors of texts", {
    query: batchTransformQuery,
    body: batchTransformForm,
    answer: arrayOf(numbers),
  }),
];

const writeErrors = [403, 409, 422, 424];

/** The routes that need a store of documents. */
const storeOperations: readonly Operation[] = [
  txtai("get", "/search", "Documents that fit a text, best first", {
    query: searchQuery,
    answer: hits,
    errors: [400, 422, 424, 429],
  }),
  txtai("post", "/batchsearch", "Documents that fit texts, best first", {
    body: batchSearchForm,
    answer: arrayOf(hits),
    errors: [400, 422, 424, 429],
  }),
  txtai("post", "/add", "Collects documents for /upsert or /index", {
    body: documentsForm,
    answer: nothing,
    errors: [403, 413, 422],
  }),
  txtai("get", "/upsert", "Adds the collected documents, or replaces those with the same ids", {
    answer: nothing,
    errors: writeErrors,
  }),
  txtai("get", "/index", "Replaces all documents by the collected ones", {
    answer: nothing,
    errors: writeErrors,
  }),
  txtai("post", "/delete", "Deletes documents, and answers with the ids that were there", {
    body: documentIdsForm,
    answer: arrayOf(documentId),
    errors: [403, 409, 422],
  }),
  txtai("get", "/count", "Number of documents", { answer: count, errors: [] }),
];

/** What errors look like in each API. */
const errorsOf: Readonly<Record<Operation["tag"], Schema>> = {
  "Text Embeddings Inference": object({ error: text, error_type: text }),
  OpenAI: object({
    error: object({ message: text, type: text, param: { type: ["string", "null"] }, code: {} }),
  }),
  Ollama: object({ error: text }),
  txtai: object({ detail: { anyOf: [text, arrayOf(anyObject)] } }),
};

const reasons: Readonly<Record<number, string>> = {
  400: "The body is not JSON, or has no inputs; a field is wrong (OpenAI); a query is SQL (txtai)",
  401: "The key is missing or wrong",
  403: "The documents are read-only",
  404: "There is no such prompt",
  409: "Another program has saved documents",
  413: "The body is too large",
  415: "The content type is not application/json",
  422: "A field is wrong, or an input is too long",
  424: "The model failed",
  429: "Too many requests are in work",
};

/** What a server has. */
interface Described {
  readonly hasKey: boolean;
  readonly hasStore: boolean;
}

/** Describes the routes in OpenAPI 3.1. Bodies are described by the schemas that check them. */
export function openApiDocument({ hasKey, hasStore }: Described): Schema {
  const paths: Record<string, Record<string, Schema>> = {};
  for (const operation of hasStore ? [...operations, ...storeOperations] : operations) {
    paths[operation.path] = { [operation.method]: operationObject(operation, hasKey) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "EmbeddingGemma server",
      description:
        "Embeddings over the APIs of Text Embeddings Inference, OpenAI, Ollama and txtai.",
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
  { path, tag, summary, body, query, answer, errors = [] }: Operation,
  hasKey: boolean,
): Schema {
  const statuses = hasKey && !publicPaths.includes(path) ? [...errors, 401] : errors;
  return {
    tags: [tag],
    summary,
    operationId: path.slice(1).replaceAll(/\W+/g, "_"),
    ...(publicPaths.includes(path) && { security: [] }),
    ...(query && { parameters: parametersOf(query) }),
    ...(body && {
      requestBody: {
        required: true,
        content: { "application/json": { schema: schemaOf(body) } },
      },
    }),
    responses: {
      200: { description: "OK", content: contentOf(path, answer) },
      ...Object.fromEntries(statuses.map((status) => [status, errorObject(status, tag)])),
    },
  };
}

function errorObject(status: number, tag: Operation["tag"]): Schema {
  const description = reasons[status];
  if (status === 401) return { description }; // without a body
  const content = { "application/json": { schema: errorsOf[tag] } };
  // A body of the wrong form is answered with plain text there.
  const plain = { "text/plain": { schema: text } };
  return {
    description,
    content: tag === "Text Embeddings Inference" ? { ...content, ...plain } : content,
  };
}

const publicPaths = ["/health", "/metrics"];

function contentOf(path: string, schema: Schema): Schema {
  return { [path === "/metrics" ? "text/plain" : "application/json"]: { schema } };
}

/** The fields of a query string; those that must not be there are left out. */
function parametersOf(query: z.ZodObject): Schema[] {
  const { properties = {}, required = [] } = schemaOf(query) as {
    properties?: Record<string, Schema>;
    required?: string[];
  };
  return Object.entries(properties)
    .filter(([, schema]) => !("not" in schema))
    .map(([name, schema]) => ({ name, in: "query", required: required.includes(name), schema }));
}

function schemaOf(form: z.ZodType): Schema {
  const { $schema: _, ...schema } = z.toJSONSchema(form, { io: "input" });
  return schema;
}
