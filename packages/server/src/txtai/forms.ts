import { z } from "zod";

const documentId = z.union([z.string().min(1), z.int()]);

export const documentIdsForm = z.array(documentId);

const json = z.json();

/**
 * What cannot be stored, such as 1e999, would fail each index that follows. Not `json` itself: it
 * refers to itself, which the schema of a body in an OpenAPI document cannot.
 */
const storable = z.unknown().refine((value) => json.safeParse(value).success, "expected JSON");

export const documentsForm = z.array(
  z
    .object({ id: documentId.nullish(), text: z.string(), title: z.string().nullish() })
    .catchall(storable)
    .transform(({ id, ...fields }) => ({ ...fields, ...(id !== null && { id }) })),
);

/** txtai takes any number, and clamps it. */
const clamped = (limit: number) => Math.min(Math.max(limit, 1), 250);

const wholeNumber = "expected a whole number";

/** A store of one model has no other indexes and no graph. */
const unsupported = {
  index: z.null("This index has no subindexes.").optional(),
  graph: z.literal(false, "This index has no graph.").nullish(),
};

/** txtai understands SQL in a query, which would be embedded as text here. */
export function isSql(query: string): boolean {
  return /^\s*select\s.+\sfrom\s+txtai\b/is.test(query);
}

/** Not of txtai, which has conditions in SQL. `DocumentIndex.search` checks the rest. */
const filter = z.record(z.string(), z.unknown(), 'expected an object, such as {"lang": "en"}');

/** Another name of `filter`: documents that it should leave out would be found without a word. */
const where = z.never("Did you mean filter?").optional();

const filterText = z.string().transform((text, { addIssue }) => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    addIssue('expected JSON, such as {"lang": "en"}');
    return z.NEVER;
  }
});

export const searchQuery = z.object({
  query: z.string(),
  limit: z.coerce.number(wholeNumber).int(wholeNumber).default(10).transform(clamped),
  /** Not of txtai: names of fields that hits have beside their own, separated by commas. */
  fields: z
    .string()
    .optional()
    .transform((names) => names?.split(",").map((name) => name.trim())),
  filter: filterText.pipe(filter).optional(),
  where,
  index: z.never("This index has no subindexes.").optional(),
  graph: z.literal("false", "This index has no graph.").optional(),
});

export const batchSearchForm = z.object({
  queries: z.array(z.string()),
  limit: z.int().transform(clamped).nullish(),
  fields: z.array(z.string()).nullish(),
  filter: filter.nullish(),
  where,
  ...unsupported,
});

export const similarityForm = z.object({ query: z.string(), texts: z.array(z.string()) });

export const batchSimilarityForm = z.object({
  queries: z.array(z.string()),
  texts: z.array(z.string()),
});

const category = z.enum(["query", "data"]).optional();

export type Category = NonNullable<z.output<typeof category>>;

export const transformQuery = z.object({ text: z.string(), category });

export const batchTransformQuery = z.object({ category });

export const batchTransformForm = z.array(z.string());
