import { FaissStoreError } from "@embeddinggemma/faiss";
import { isObject, rules, show } from "@embeddinggemma/internal";
import type { DocumentFilter } from "./document-filter.ts";

/** Options of searches, and what LangChain's retrievers call them, that could be metadata, too. */
const optionNames = ["minScore", "scoreThreshold"];

/**
 * Refuses a filter that has an `AbortSignal`: the options of a search come after its filter.
 *
 * @throws `INVALID_ARGUMENT`
 */
export function refuseSignal(filter: DocumentFilter | undefined): void {
  if (isObject(filter) && rules.signal.accepts(filter.signal))
    throw misplaced(filter, [...optionNamesIn(filter), "signal"], "");
}

/**
 * Refuses a filter that has the names of options.
 *
 * @param missing - keys that no document has
 * @throws `INVALID_ARGUMENT`
 */
export function refuseOptions(
  filter: DocumentFilter | undefined,
  missing: readonly string[],
): void {
  const names = isObject(filter) ? optionNamesIn(filter) : [];
  if (isObject(filter) && names.length > 0 && names.every((name) => missing.includes(name)))
    throw misplaced(filter, names, ", but no document has such metadata");
}

function optionNamesIn(filter: Record<string, unknown>): string[] {
  return optionNames.filter((name) => Object.hasOwn(filter, name));
}

function misplaced(
  filter: Record<string, unknown>,
  names: readonly string[],
  finding: string,
): Error {
  const others = Object.keys(filter).filter((name) => !names.includes(name));
  const rest = others.length === 0 ? "undefined" : said(others.map((name) => [name, filter[name]]));
  const options = names.map((name): [string, unknown] => [
    optionNames.includes(name) ? "minScore" : name,
    filter[name],
  ]);
  const hasScore = names.some((name) => optionNames.includes(name));
  return new FaissStoreError(
    "INVALID_ARGUMENT",
    `The filter has ${names.join(" and ")}${finding}. ` +
      "Options are the fourth argument, after the filter: " +
      `similaritySearch(query, k, ${rest}, ${said(options)}).` +
      (hasScore ? " A retriever takes minScore in its searchKwargs." : ""),
    { filter },
  );
}

/** An object in code. A signal stands for a variable. */
function said(entries: readonly (readonly [string, unknown])[]): string {
  const parts = entries.map(([name, value]) => {
    if (rules.signal.accepts(value)) return name;
    const key = /^\w+$/.test(name) ? name : JSON.stringify(name);
    return `${key}: ${typeof value === "object" && value !== null ? "…" : show(value)}`;
  });
  return `{ ${parts.join(", ")} }`;
}
