import type { Embedder } from "@embeddinggemma/core";
import { type Context, Hono } from "hono";
import { z } from "zod";
import { readJson } from "../http/json-body.ts";
import type { Permits } from "../http/permits.ts";
import { BodyError, refusalOf } from "../http/request-error.ts";
import type { AppSettings } from "../options.ts";
import type { DocumentIndex } from "./document-index.ts";
import { DocumentIndexError } from "./document-index-error.ts";

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
  readonly settings: Pick<AppSettings, "maxOpenAIBatchSize" | "openAIPayloadLimit">;
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
  const app = new Hono();
  app.onError(answerError);
  const bodyOf = (context: Context) => readBody(context, payloadLimit);
  const similarities = (context: Context, queries: string[], texts: string[]) => {
    checkCount(queries.length + texts.length, settings);
    const { signal } = context.req.raw;
    return permits.run(() => similaritiesOf(embedder, queries, texts, signal));
  };
  const transform = (context: Context, texts: string[], category: Category | undefined) => {
    checkCount(texts.length, settings);
    return permits.run(() => vectorsOf(embedder, texts, category, context.req.raw.signal));
  };

  // Text Embeddings Inference has a route of this name, too; its body has `inputs`.
  app.post("/similarity", async (context, next) => {
    const body = await readJson(context, payloadLimit).catch(() => undefined);
    if (typeof body !== "object" || body === null || "inputs" in body) return next();
    const { query, texts } = parsed(similarityBody, body, "body");
    const [scores] = await similarities(context, [query], texts);
    return context.json(scores);
  });
  app.post("/batchsimilarity", async (context) => {
    const { queries, texts } = parsed(batchSimilarityBody, await bodyOf(context), "body");
    return context.json(await similarities(context, queries, texts));
  });
  app.get("/transform", async (context) => {
    const { text, category } = parsed(transformQuery, context.req.query(), "query");
    const [vector] = await transform(context, [text], category);
    return context.json(vector);
  });
  app.post("/batchtransform", async (context) => {
    const { category } = parsed(batchTransformQuery, context.req.query(), "query");
    const texts = parsed(z.array(z.string()), await bodyOf(context), "body");
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
  { content = true, settings, permits }: TxtaiOptions,
): Hono {
  const app = new Hono();
  const bodyOf = (context: Context) => readBody(context, settings.openAIPayloadLimit);
  const search = async (context: Context, queries: readonly string[], limit: number) => {
    checkCount(queries.length, settings);
    const { signal } = context.req.raw;
    const found = await permits.run(() => index.search(queries, limit, { signal }));
    return found.map((hits) =>
      hits.map(({ id, text, score }) =>
        content ? { id: String(id), text, score } : { id, score },
      ),
    );
  };
  app.get("/search", async (context) => {
    const { query, limit } = parsed(searchQuery, context.req.query(), "query");
    const [hits] = await search(context, [query], limit);
    return context.json(hits);
  });
  app.post("/batchsearch", async (context) => {
    const { queries, limit } = parsed(batchSearchBody, await bodyOf(context), "body");
    return context.json(await search(context, queries, limit ?? 3));
  });
  app.post("/add", async (context) => {
    index.add(parsed(documents, await bodyOf(context), "body"));
    return context.json(null);
  });
  app.get("/index", async (context) => {
    await index.index();
    return context.json(null);
  });
  app.get("/upsert", async (context) => {
    await index.upsert();
    return context.json(null);
  });
  app.post("/delete", async (context) => {
    const ids = parsed(z.array(documentId), await bodyOf(context), "body");
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

/**
 * Limits the vectors and scores of one request, as txtai does not.
 *
 * @throws TxtaiError
 */
function checkCount(count: number, { maxOpenAIBatchSize: limit }: TxtaiOptions["settings"]): void {
  if (count > limit)
    throw new TxtaiError(422, `batch size ${count} > maximum allowed batch size ${limit}`);
}

/** Scores of texts for each query, best first; `id` is the position of the text. */
async function similaritiesOf(
  embedder: Embedder,
  queries: readonly string[],
  texts: readonly string[],
  signal: AbortSignal,
): Promise<{ id: number; score: number }[][]> {
  const [queryVectors, textVectors] = await Promise.all([
    embedder.encodeQuery(queries, { signal }),
    embedder.encodeDocument(texts, { signal }),
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
  signal: AbortSignal,
): Promise<number[][]> {
  const vectors =
    category === "data"
      ? await embedder.encodeDocument(texts, { signal })
      : await embedder.encodeQuery(texts, { signal });
  return vectors.map((vector) => Array.from(vector));
}

/** A request that is refused, in the form of FastAPI. */
class TxtaiError extends Error {
  readonly status: 403 | 404 | 413 | 422;
  readonly detail: unknown;

  constructor(status: TxtaiError["status"], detail: unknown) {
    super(typeof detail === "string" ? detail : JSON.stringify(detail));
    this.status = status;
    this.detail = detail;
  }
}

const indexStatuses = { READ_ONLY: 403, TOO_MANY_PENDING: 413, OTHER_WRITER: 409 } as const;

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
    if (error.status === 413) throw new TxtaiError(413, error.message);
    throw new TxtaiError(422, [{ type: "json_invalid", loc: ["body"], msg: "JSON decode error" }]);
  }
}

/** @throws TxtaiError with a list of what is wrong, as FastAPI gives it */
function parsed<T extends z.ZodType>(
  schema: T,
  value: unknown,
  from: "body" | "query",
): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const detail = result.error.issues.map(({ code, path, message }) => ({
    type: code,
    loc: [from, ...path],
    msg: message,
  }));
  throw new TxtaiError(422, detail);
}

const documentId = z.union([z.string().min(1), z.int()]);

const documents = z.array(
  z
    .object({ id: documentId.nullish(), text: z.string(), title: z.string().nullish() })
    // What cannot be stored would fail each index that follows.
    .catchall(z.json())
    .transform(({ id, ...fields }) => ({ ...fields, ...(id !== null && { id }) })),
);

/** txtai takes any number, and clamps it. */
const clamped = (limit: number) => Math.min(Math.max(limit, 1), 250);

/** A store of one model has no other indexes and no graph. */
const unsupported = {
  index: z.null("This index has no subindexes.").optional(),
  graph: z.literal(false, "This index has no graph.").nullish(),
};

const searchQuery = z.object({
  query: z.string(),
  limit: z.coerce.number().int().transform(clamped).default(10),
  index: z.never("This index has no subindexes.").optional(),
  graph: z.literal("false", "This index has no graph.").optional(),
});

const batchSearchBody = z.object({
  queries: z.array(z.string()),
  limit: z.int().transform(clamped).nullish(),
  ...unsupported,
});

const similarityBody = z.object({ query: z.string(), texts: z.array(z.string()) });

const batchSimilarityBody = z.object({
  queries: z.array(z.string()),
  texts: z.array(z.string()),
});

const category = z.enum(["query", "data"]).optional();

type Category = NonNullable<z.output<typeof category>>;

const transformQuery = z.object({ text: z.string(), category });

const batchTransformQuery = z.object({ category });
