import type { Embedder, EncodeOptions } from "@embeddinggemma/core";
import { type Context, Hono } from "hono";
import { z } from "zod";
import { readJson } from "../http/json-body.ts";
import { noteMisspelt } from "../http/misspelt-fields.ts";
import type { Permits } from "../http/permits.ts";
import { refuseForeignPages } from "../http/refuse-foreign-pages.ts";
import { BodyError, RequestError, refusalOf } from "../http/request-error.ts";
import type { AppSettings } from "../options.ts";
import type { DocumentHit, DocumentIndex } from "./document-index.ts";
import { DocumentIndexError } from "./document-index-error.ts";
import {
  batchSearchForm,
  batchSimilarityForm,
  batchTransformForm,
  batchTransformQuery,
  type Category,
  documentIdsForm,
  documentsForm,
  isSql,
  searchQuery,
  similarityForm,
  transformQuery,
} from "./forms.ts";
import { type EmbeddingOptions, noteDocuments, noteEmbedding } from "./note-embedding.ts";

/** What {@link txtaiRoutes} serves. */
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

/**
 * The HTTP API of txtai's `embeddings` and `similarity`. Errors have the form of FastAPI, on which
 * txtai runs: `{ detail }`.
 *
 * @see https://neuml.github.io/txtai/api
 */
export function txtaiRoutes(options: TxtaiOptions): Hono {
  const { embedder, index, settings, permits } = options;
  const payloadLimit = settings.openAIPayloadLimit;
  const truncation = settings.autoTruncate ? "cut" : "error";
  const app = new Hono();
  app.onError(answerError);
  const bodyOf = (context: Context) => readBody(context, payloadLimit);
  const similarities = (context: Context, queries: string[], texts: string[]) => {
    checkCount(queries.length + texts.length, settings);
    return noteEmbedding(context, [...queries, ...texts], (noting) =>
      permits.run(() => similaritiesOf(embedder, queries, texts, { ...noting, truncation })),
    );
  };
  const transform = (context: Context, texts: string[], category: Category | undefined) => {
    checkCount(texts.length, settings);
    return noteEmbedding(context, texts, (noting) =>
      permits.run(() => vectorsOf(embedder, texts, category, { ...noting, truncation })),
    );
  };

  // Text Embeddings Inference has a route of this name, too; its body has `inputs`.
  app.post("/similarity", async (context, next) => {
    const body = await readJson(context, payloadLimit).catch(() => undefined);
    if (typeof body !== "object" || body === null || "inputs" in body) return next();
    const { query, texts } = parsed(similarityForm, body, "body", context);
    const [scores] = await similarities(context, [query], texts);
    return context.json(scores);
  });
  app.post("/batchsimilarity", async (context) => {
    const { queries, texts } = parsed(batchSimilarityForm, await bodyOf(context), "body", context);
    return context.json(await similarities(context, queries, texts));
  });
  app.get("/transform", async (context) => {
    const { text, category } = parsed(transformQuery, context.req.query(), "query", context);
    const [vector] = await transform(context, [text], category);
    return context.json(vector);
  });
  app.post("/batchtransform", async (context) => {
    const { category } = parsed(batchTransformQuery, context.req.query(), "query", context);
    const texts = parsed(batchTransformForm, await bodyOf(context), "body", context);
    return context.json(await transform(context, texts, category));
  });
  if (index) app.route("/", indexRoutes(index, options));
  else app.on("ALL", indexPaths, refuseWithoutIndex);
  return app;
}

/** The paths of {@link indexRoutes}. */
const indexPaths = [
  "/search",
  "/batchsearch",
  "/add",
  "/index",
  "/upsert",
  "/delete",
  "/count",
  "/reindex",
];

function refuseWithoutIndex({ req }: Context): never {
  const advice = "start the server with --store, or give createApp an `index`.";
  throw new TxtaiError(404, `${req.path} needs a store of documents: ${advice}`);
}

function indexRoutes(
  index: DocumentIndex,
  { embedder, content = true, settings, permits }: TxtaiOptions,
): Hono {
  const app = new Hono();
  for (const path of ["/add", "/index", "/upsert", "/delete"])
    app.use(path, refuseForeignPages(settings.allowedOrigins));
  const truncation = settings.autoTruncate ? "cut" : "error";
  const bodyOf = (context: Context) => readBody(context, settings.openAIPayloadLimit);
  const search = async (
    context: Context,
    queries: readonly string[],
    { limit, fields: names }: { limit: number; fields?: readonly string[] | null | undefined },
  ) => {
    checkCount(queries.length, settings);
    if (queries.some(isSql))
      throw new TxtaiError(400, "SQL queries are not supported: send the text to search for.");
    const found = await noteEmbedding(context, queries, (noting) =>
      permits.run(() => index.search(queries, limit, { ...noting, truncation })),
    );
    return found.map((hits) =>
      hits.map(({ id, text, score, fields }) => ({
        ...chosenFields(fields, names ?? []),
        ...(content ? { id: String(id), text, score } : { id, score }),
      })),
    );
  };
  app.get("/search", async (context) => {
    const { query, ...how } = parsed(searchQuery, context.req.query(), "query", context);
    const [hits] = await search(context, [query], how);
    return context.json(hits);
  });
  app.post("/batchsearch", async (context) => {
    const form = parsed(batchSearchForm, await bodyOf(context), "body", context);
    const { queries, limit, fields } = form;
    return context.json(await search(context, queries, { limit: limit ?? 3, fields }));
  });
  app.post("/add", async (context) => {
    const documents = parsed(documentsForm, await bodyOf(context), "body", context);
    if (!settings.autoTruncate) await refuseLongDocuments(embedder, documents);
    index.add(documents);
    return context.json(null);
  });
  app.get("/index", async (context) => {
    await index.index(noteDocuments(context));
    return context.json(null);
  });
  app.get("/upsert", async (context) => {
    await index.upsert(noteDocuments(context));
    return context.json(null);
  });
  app.post("/delete", async (context) => {
    const ids = parsed(documentIdsForm, await bodyOf(context), "body", context);
    return context.json(await index.delete(ids));
  });
  app.get("/count", async (context) => {
    await index.refresh();
    return context.json(index.size);
  });
  app.post("/reindex", () => {
    throw new TxtaiError(403, "Attempting to reindex with reindexing disabled (reindex != True)");
  });
  return app;
}

/** Those of the fields that have these names; `*` stands for all names. */
function chosenFields(fields: DocumentHit["fields"], names: readonly string[]): object {
  const isChosen = names.includes("*") ? () => true : (name: string) => names.includes(name);
  return Object.fromEntries(Object.entries(fields).filter(([name]) => isChosen(name)));
}

/**
 * Limits the vectors and scores of one request, as txtai does not.
 *
 * @throws TxtaiError
 */
function checkCount(count: number, { maxOpenAIBatchSize: limit }: TxtaiOptions["settings"]): void {
  if (count > limit)
    throw new TxtaiError(
      422,
      `batch size ${count} > maximum allowed batch size ${limit} (--max-openai-batch-size)`,
    );
}

/**
 * Refuses documents before they are collected: later, they would be refused with all others.
 *
 * @throws TxtaiError
 */
async function refuseLongDocuments(
  embedder: Embedder,
  documents: readonly z.output<typeof documentsForm>[number][],
): Promise<void> {
  const { maxTokens } = embedder;
  for (const [position, { text, title }] of documents.entries()) {
    const whole = title ? `${title} ${text}` : text;
    const tokens = await embedder.countTokens(whole, { promptName: "document" });
    if (tokens <= maxTokens) continue;
    throw new TxtaiError(
      422,
      `documents must have at most ${maxTokens} tokens with their prompt. Given at index ` +
        `${position}: ${tokens} (--auto-truncate false)`,
    );
  }
}

/** Scores of texts for each query, best first; `id` is the position of the text. */
async function similaritiesOf(
  embedder: Embedder,
  queries: readonly string[],
  texts: readonly string[],
  options: EmbeddingOptions & Pick<EncodeOptions, "truncation">,
): Promise<{ id: number; score: number }[][]> {
  const [queryVectors, textVectors] = await Promise.all([
    embedder.encodeQuery(queries, options),
    embedder.encodeDocument(texts, options),
  ]);
  return embedder
    .similarity(queryVectors, textVectors)
    .map((scores) =>
      scores.map((score, id) => ({ id, score })).sort((a, b) => b.score - a.score || a.id - b.id),
    );
}

async function vectorsOf(
  embedder: Embedder,
  texts: readonly string[],
  category: Category | undefined,
  options: EmbeddingOptions & Pick<EncodeOptions, "truncation">,
): Promise<number[][]> {
  const vectors =
    category === "data"
      ? await embedder.encodeDocument(texts, options)
      : await embedder.encodeQuery(texts, options);
  return vectors.map((vector) => Array.from(vector));
}

/** A request that is refused, in the form of FastAPI. */
class TxtaiError extends RequestError {
  readonly detail: unknown;

  constructor(status: RequestError["status"], detail: unknown, param: string | null = null) {
    super("Validation", JSON.stringify(detail), { status, param });
    this.detail = detail;
  }
}

const indexStatuses = {
  READ_ONLY: 403,
  TOO_MANY_PENDING: 413,
  OTHER_WRITER: 409,
  STORE_REMOVED: 409,
  CLOSED: 500,
} as const;

function answerError(error: Error, context: Context): Response {
  if (error instanceof TxtaiError) return context.json({ detail: error.detail }, error.status);
  if (DocumentIndexError.isInstance(error))
    return context.json({ detail: error.message }, indexStatuses[error.code]);
  const { message, status } = refusalOf(error, context);
  return context.json({ detail: message }, status);
}

async function readBody(context: Context, payloadLimit: number): Promise<unknown> {
  try {
    return await readJson(context, payloadLimit);
  } catch (error) {
    if (!(error instanceof BodyError)) throw error;
    if (error.status !== 400) throw new TxtaiError(error.status, error.message);
    throw new TxtaiError(422, [{ type: "json_invalid", loc: ["body"], msg: "JSON decode error" }]);
  }
}

/**
 * Checks the form of a body or a query string. Fields that seem to be misspelt are noted.
 *
 * @throws TxtaiError with a list of what is wrong, as FastAPI gives it
 */
function parsed<T extends z.ZodType>(
  schema: T,
  value: unknown,
  from: "body" | "query",
  context: Context,
): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) {
    if (schema instanceof z.ZodObject)
      noteMisspelt(context, value as object, Object.keys(schema.shape));
    return result.data;
  }
  const detail = result.error.issues.map(({ code, path, message }) => ({
    type: code,
    loc: [from, ...path],
    msg: message,
  }));
  const field = result.error.issues[0]!.path.find((step) => typeof step === "string");
  throw new TxtaiError(422, detail, field);
}
