import { EmbeddingGemmaError } from "@embeddinggemma/core";
import { checkerFor, show } from "@embeddinggemma/internal";

export { isObject, isRecord, type Rule, type Rules, rules, show } from "@embeddinggemma/internal";

export const checker = checkerFor(
  (message, details) => new EmbeddingGemmaError("INVALID_ARGUMENT", message, details),
);

export const { checkOptions, invalidArgument } = checker;

/** The error for a data file or a data set that is wrong. */
export function invalidData(
  message: string,
  details: Readonly<Record<string, unknown>> = {},
  cause?: unknown,
): EmbeddingGemmaError {
  const options = cause === undefined ? undefined : { cause };
  return new EmbeddingGemmaError("DATA_INVALID", message, details, options);
}

/** Names a few of many ids in an error message: `"a", "b" and 3 more`. */
export function someOf(ids: Iterable<string>, shown = 5): string {
  const all = Array.from(ids);
  const names = all.slice(0, shown).map(show).join(", ");
  return all.length > shown ? `${names} and ${all.length - shown} more` : names;
}
