import { isObject } from "@embeddinggemma/internal";
import { quoted } from "@embeddinggemma/internal/node";
import type { MetadataFilter } from "@embeddinggemma/langchain";
import { InvalidArgumentError } from "commander";

/** Adds what a `--filter` says. All of them must hold. */
export function addFilter(text: string, filters: readonly MetadataFilter[] = []): MetadataFilter[] {
  return [...filters, text.trim().startsWith("{") ? parseObject(text) : parsePair(text)];
}

function parsePair(text: string): MetadataFilter {
  const [, key, operator, value] = /^([^=]*[^=!<>])(!?=)(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined)
    throw new InvalidArgumentError(
      'It must be key=value, key!=value or a JSON object, such as \'{"page": {"$gte": 2}}\'.',
    );
  if (/\*(?!$)/.test(value))
    throw new InvalidArgumentError(
      "A * stands for other text only at the end of a value, such as source=notes/web/*. To " +
        'match a literal *, use JSON, such as \'{"title": "A* search"}\'.',
    );
  const filter = filterOf(key, value);
  return operator === "=" ? filter : { $not: filter };
}

/**
 * A number or boolean in the metadata also matches, as does a list that has the value: `page=2`. A
 * star at the end stands for any characters.
 */
function filterOf(key: string, text: string): MetadataFilter {
  if (text.endsWith("*")) return { [key]: startOf(text.slice(0, -1)) };
  const values = [text, ...otherTypes(text)];
  if (withoutLists.has(key)) return { [key]: values };
  return { $or: [{ [key]: values }, ...values.map((value) => ({ [key]: { $contains: value } }))] };
}

/** Keys of every chunk, whose values are no lists. */
const withoutLists: ReadonlySet<string> = new Set(["source", "title", "page"]);

function otherTypes(text: string): (number | boolean)[] {
  if (text === "true" || text === "false") return [text === "true"];
  return text.trim() !== "" && Number.isFinite(Number(text)) ? [Number(text)] : [];
}

/** Strings that start with a text are between it and the text whose last character is the next. */
function startOf(text: string): { $gte: string; $lt?: string } {
  // None comes after U+FFFF.
  const stem = text.replace(/\uffff+$/, "");
  if (stem === "") return { $gte: text };
  const next = String.fromCharCode(stem.charCodeAt(stem.length - 1) + 1);
  return { $gte: text, $lt: stem.slice(0, -1) + next };
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
