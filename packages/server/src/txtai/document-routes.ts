import type { Embedder } from "@embeddinggemma/core";
import type { MetadataFilter } from "@embeddinggemma/internal/filters";
import { type Context, Hono } from "hono";
import type { z } from "zod";
import type { DocumentIndex } from "../documents/document-index.ts";
import type { DocumentHit } from "../documents/search-documents.ts";
import { refuseForeignPages } from "../http/refuse-foreign-pages.ts";
import { batchSearchForm, documentIdsForm, documentsForm, isSql, searchQuery } from "./forms.ts";
import { noteDocuments, noteEmbedding } from "./note-embedding.ts";
import { checkCount, parsed, readBody } from "./read-request.ts";
import { TxtaiError } from "./txtai-error.ts";
import type { TxtaiOptions } from "./txtai-options.ts";

/** The paths of {@link documentRoutes}. */
export const documentPaths = [
  "/search",
  "/batchsearch",
  "/add",
  "/index",
  "/upsert",
  "/delete",
  "/count",
  "/reindex",
];

export function refuseWithoutIndex({ req }: Context): never {
  const advice = "start the server with --store, or give createApp an `index`.";
  throw new TxtaiError(404, `${req.path} needs a store of documents: ${advice}`);
}

/** The part of the API that manages and searches documents. */
export function documentRoutes(
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
    { limit, fields: names, filter }: SearchForm,
  ) => {
    checkCount(queries.length, settings);
    if (queries.some(isSql))
      throw new TxtaiError(
        400,
        "SQL queries are not supported: send the text to search for, and conditions as `filter`.",
      );
    const found = await noteEmbedding(context, queries, (noting) =>
      permits.run(() =>
        index.search(queries, limit, { ...noting, truncation, filter: filter ?? undefined }),
      ),
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
    const { queries, limit, ...how } = form;
    return context.json(await search(context, queries, { limit: limit ?? 3, ...how }));
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

interface SearchForm {
  readonly limit: number;
  readonly fields?: readonly string[] | null | undefined;
  readonly filter?: MetadataFilter | null | undefined;
}

/** Those of the fields that have these names; `*` stands for all names. */
function chosenFields(fields: DocumentHit["fields"], names: readonly string[]): object {
  const isChosen = names.includes("*") ? () => true : (name: string) => names.includes(name);
  return Object.fromEntries(Object.entries(fields).filter(([name]) => isChosen(name)));
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
