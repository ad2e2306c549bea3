import { EmbeddingGemmaError } from "@embeddinggemma/core";
import { checkerFor, type Rule, rules, show } from "@embeddinggemma/internal";

export {
  isObject,
  isRecord,
  oneOf,
  type Rule,
  type Rules,
  rules,
  show,
} from "@embeddinggemma/internal";

export const checker = checkerFor(
  (message, details) => new EmbeddingGemmaError("INVALID_ARGUMENT", message, details),
);

export const { checkOptions, invalidArgument } = checker;

export const seedRule: Rule = { expected: "a whole number", accepts: Number.isSafeInteger };

export const counts: Rule = {
  expected: "an array of whole numbers of at least 1",
  accepts: (value) => Array.isArray(value) && Array.from(value).every(rules.count.accepts),
};

export const someCounts: Rule = {
  expected: "an array of at least one whole number of at least 1",
  accepts: (value) => counts.accepts(value) && (value as unknown[]).length > 0,
};

/** The error for a data file or a data set that is wrong. */
export function invalidData(
  message: string,
  details: Readonly<Record<string, unknown>> = {},
  cause?: unknown,
): EmbeddingGemmaError {
  const options = cause === undefined ? undefined : { cause };
  return new EmbeddingGemmaError("DATA_INVALID", message, details, options);
}

/** @param code - see `docs/reference/errors.md` */
export function warn(message: string, code: string): void {
  process.emitWarning(message, { type: "EmbeddingGemmaWarning", code });
}

/** Names a few of many ids in an error message: `"a", "b" and 3 more`. */
export function someOf(ids: Iterable<string>, shown = 5): string {
  const all = Array.from(ids);
  const names = all.slice(0, shown).map(show).join(", ");
  return all.length > shown ? `${names} and ${all.length - shown} more` : names;
}
