import { isObject, valueAt } from "@embeddinggemma/internal";
import {
  type FilterFault,
  type MetadataFilter,
  type MetadataPredicate,
  metadataPredicate,
} from "@embeddinggemma/internal/filters";
import { quoted } from "@embeddinggemma/internal/node";
import { InvalidArgumentError } from "commander";

/** What a `--filter` says of the metadata of chunks. */
export interface ChunkFilter {
  readonly matches: MetadataPredicate;
  /**
   * The keys that it looks up, and what it looks for there. Texts that start so are a range, which
   * has more texts.
   */
  readonly filter: MetadataFilter;
}

/** Adds what a `--filter` says. All of them must hold. */
export function addFilter(text: string, filters: readonly ChunkFilter[] = []): ChunkFilter[] {
  return [...filters, text.trim().startsWith("{") ? filterOf(parseObject(text)) : parsePair(text)];
}

function filterOf(filter: MetadataFilter): ChunkFilter {
  return { filter, matches: metadataPredicate(filter, errorFor) };
}

function errorFor({ argument, expected, advice }: FilterFault): InvalidArgumentError {
  const end = typeof advice === "string" ? advice : "For examples: `embeddinggemma search --help`.";
  return new InvalidArgumentError(`${argument} must be ${expected}. ${end}`);
}

function parsePair(text: string): ChunkFilter {
  const [, key, operator, value] = /^([^=]*[^=!<>])(!?=)(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined)
    throw new InvalidArgumentError(
      'It must be key=value, key!=value or a JSON object, such as \'{"page": {"$gte": 2}}\'.',
    );
  if (key.startsWith("$")) throw new InvalidArgumentError("A key cannot begin with $.");
  if (/\*(?!$)/.test(value))
    throw new InvalidArgumentError(
      "A * stands for other text only at the end of a value, such as source=notes/web/*. To " +
        'match a literal *, use JSON, such as \'{"title": "A* search"}\'.',
    );
  const pair = value.endsWith("*") ? startsWith(key, value.slice(0, -1)) : equals(key, value);
  if (operator === "=") return pair;
  return { filter: { $not: pair.filter }, matches: (metadata) => !pair.matches(metadata) };
}

/** A number or boolean also matches, as does a list that has the value: `page=2`. */
function equals(key: string, text: string): ChunkFilter {
  const values = [text, ...otherTypes(text)];
  const contains = values.map((value) => ({ [key]: { $contains: value } }));
  return filterOf(withLists(key, { [key]: values }, contains));
}

/** Also a list that has a text that starts so. */
function startsWith(key: string, start: string): ChunkFilter {
  return {
    filter: withLists(key, { [key]: { $gte: start } }, [{ [key]: { $contains: start } }]),
    matches(metadata) {
      const values = [valueAt(metadata, key)].flat();
      return values.some((value) => typeof value === "string" && value.startsWith(start));
    },
  };
}

function withLists(
  key: string,
  filter: MetadataFilter,
  ofLists: readonly MetadataFilter[],
): MetadataFilter {
  return withoutLists.has(key) ? filter : { $or: [filter, ...ofLists] };
}

/** Keys of every chunk, whose values are no lists. */
const withoutLists: ReadonlySet<string> = new Set(["source", "title", "page"]);

function otherTypes(text: string): (number | boolean)[] {
  if (text === "true" || text === "false") return [text === "true"];
  return text.trim() !== "" && Number.isFinite(Number(text)) ? [Number(text)] : [];
}

function parseObject(text: string): MetadataFilter {
  try {
    return JSON.parse(text) as MetadataFilter;
  } catch (error) {
    throw new InvalidArgumentError(`It is not JSON: ${(error as Error).message}.`);
  }
}

/** Keys and texts of filters in JSON that end with a star, as if it stood for other text there. */
export function literalStars(filters: readonly unknown[]): [key: string, text: string][] {
  return filters.filter(isObject).flatMap((filter) =>
    Object.entries(filter).flatMap(([key, condition]) => {
      if (key.startsWith("$")) return literalStars([condition].flat());
      const values = isObject(condition) ? Object.values(condition) : [condition];
      return values
        .flat()
        .flatMap((value): [string, string][] => (isStarred(value) ? [[key, value]] : []));
    }),
  );
}

function isStarred(value: unknown): value is string {
  return typeof value === "string" && value.indexOf("*") === value.length - 1 && value !== "";
}

/** What to write in place of a text with a star in JSON. */
export function aboutStar([key, text]: readonly [key: string, text: string]): string {
  const start = text.slice(0, -1);
  const pair = quoted(`${key}=${text}`);
  const range = JSON.stringify({ [key]: startOf(start) });
  return (
    `${JSON.stringify(text)} is taken as it is: in JSON, * does not stand for other text. For ` +
    `all that starts with ${JSON.stringify(start)}: --filter ${pair} (or != for all else), or in ` +
    `JSON ${range}.`
  );
}

/** Strings that start with a text are between it and the text whose last character is the next. */
function startOf(text: string): { $gte: string; $lt?: string } {
  // None comes after U+FFFF.
  const stem = text.replace(/\uffff+$/, "");
  if (stem === "") return { $gte: text };
  const next = String.fromCharCode(stem.charCodeAt(stem.length - 1) + 1);
  return { $gte: text, $lt: stem.slice(0, -1) + next };
}
