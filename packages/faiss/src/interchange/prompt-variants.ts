import type { ImportEmbedding, ImportVariant } from "../interchange-types.ts";
import type { Vector } from "../types.ts";

/** How an embedding makes vectors of texts without titles. */
export interface TextEmbedding {
  /** Embeds one query. */
  embedQuery: (text: string) => Promise<Vector>;
  /**
   * Embeds documents with a prompt, or with a named one of the model.
   *
   * @default none: only queries are tried
   */
  embedDocuments?:
    | ((
        texts: string[],
        options: {
          signal: AbortSignal | undefined;
          prompt?: string | undefined;
          promptName?: string | undefined;
        },
      ) => Promise<readonly Vector[]>)
    | undefined;
}

/**
 * The ways in which other libraries often embed documents, none of which fits an embedding that
 * gives documents their prompt: without a prompt, with the model's own prompt, or as queries.
 *
 * @param textOf - the text that the other library embeds
 * @example
 * const variants = promptVariants((record: { text: string }) => record.text, { embedQuery });
 */
export function promptVariants<R>(
  textOf: (record: R) => string,
  { embedQuery, embedDocuments }: TextEmbedding,
): ImportVariant<R>[] {
  const variant = (name: string, embed: ImportEmbedding<R>["embed"]) => ({
    name,
    fits: false,
    embed,
  });
  const asQueries = variant("as queries", (records) =>
    Promise.all(records.map((record) => embedQuery(textOf(record)))),
  );
  if (!embedDocuments) return [asQueries];
  return [
    variant("without a prompt", (records, { signal }) =>
      embedDocuments(records.map(textOf), { signal, prompt: "" }),
    ),
    variant("with the model's prompt for documents", (records, { signal }) =>
      embedDocuments(records.map(textOf), { signal, promptName: "document" }),
    ),
    asQueries,
  ];
}
