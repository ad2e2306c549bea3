import type { Embedder, EncodeOptions } from "@embeddinggemma/core";
import { type Context, Hono } from "hono";
import { readJson } from "../http/json-body.ts";
import { documentPaths, documentRoutes, refuseWithoutIndex } from "./document-routes.ts";
import {
  batchSimilarityForm,
  batchTransformForm,
  batchTransformQuery,
  type Category,
  similarityForm,
  transformQuery,
} from "./forms.ts";
import { type EmbeddingOptions, noteEmbedding } from "./note-embedding.ts";
import { checkCount, parsed, readBody } from "./read-request.ts";
import { answerError } from "./txtai-error.ts";
import type { TxtaiOptions } from "./txtai-options.ts";

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
  if (index) app.route("/", documentRoutes(index, options));
  else app.on("ALL", documentPaths, refuseWithoutIndex);
  return app;
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
