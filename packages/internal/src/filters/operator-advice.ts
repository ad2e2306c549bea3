/**
 * What to write instead of an operator that a filter does not have.
 *
 * @param key - the key of the metadata
 * @param condition - what the filter says of the key
 * @param known - the operators that filters have
 * @returns undefined if filters have nothing like it
 */
export function operatorAdvice(
  key: string,
  operator: string,
  condition: object,
  known: readonly string[],
): string | undefined {
  const combiner = combinerMeant(key);
  if (combiner !== undefined && !operator.startsWith("$")) return `Did you mean ${combiner}?`;
  const word = operator.toLowerCase().replaceAll(/[^a-z=<>]/g, "");
  const nested = `For nested metadata, use the key ${JSON.stringify(`${key}.${operator}`)}.`;
  if (known.includes(`$${word}`)) return `Did you mean $${word}?`;
  const meant = otherNames.get(word);
  if (meant !== undefined)
    return /^[a-z]/i.test(operator) ? `Did you mean ${meant}? ${nested}` : `Did you mean ${meant}?`;
  if (!operator.startsWith("$") || combiners.has(operator)) {
    if (wrappers.has(key)) return `Pass the filter itself, without \`${key}:\`.`;
    if (key === "metadata")
      return `The filter is already about the metadata: { ${Object.keys(condition).join(", ")} }.`;
  }
  if (word === "not" || word === "notcontains") return "Write { $not: { … } } around the key.";
  if (word === "exists")
    return "Write { $ne: null } for documents that have the key, and null for the others.";
  return operator.startsWith("$") || withoutCounterpart.has(word) ? undefined : nested;
}

/** The operator that combines filters, if a key is its name without `$`. */
export function combinerMeant(key: string): string | undefined {
  const name = `$${key.toLowerCase()}`;
  return combiners.has(name) ? name : undefined;
}

const combiners: ReadonlySet<string> = new Set(["$and", "$or", "$not"]);

/** Options of other calls and programs that have a filter as their value. */
const wrappers: ReadonlySet<string> = new Set(["filter", "filters", "where"]);

/** What other programs call the operators. */
const otherNames: ReadonlyMap<string, string> = new Map([
  ["is", "$eq"],
  ["equal", "$eq"],
  ["equals", "$eq"],
  ["=", "$eq"],
  ["==", "$eq"],
  ["isnot", "$ne"],
  ["noteq", "$ne"],
  ["notequal", "$ne"],
  ["notequals", "$ne"],
  ["greater", "$gt"],
  ["greaterthan", "$gt"],
  [">", "$gt"],
  ["ge", "$gte"],
  ["geq", "$gte"],
  [">=", "$gte"],
  ["less", "$lt"],
  ["lessthan", "$lt"],
  ["<", "$lt"],
  ["le", "$lte"],
  ["leq", "$lte"],
  ["<=", "$lte"],
  ["oneof", "$in"],
  ["any", "$in"],
  ["notin", "$nin"],
  ["includes", "$contains"],
  ["elemmatch", "$contains"],
  ["arraycontains", "$contains"],
  ["between", "$gte and $lte"],
]);

/** Operators of other programs. Here, a function does what they do. */
const withoutCounterpart: ReadonlySet<string> = new Set([
  ...["like", "ilike", "notlike", "regex", "regexp", "matches", "startswith", "endswith"],
]);
