import type { NegationFault } from "./negated-kinds.ts";

/** What to do if a filter looks for a type that no document has under a key. */
export const typeAdvice = {
  lists: 'For a value in a list, use $contains, such as { tags: { $contains: "red" } }.',
  noLists:
    'For one of several values, use $in, such as { lang: { $in: ["en", "de"] } }; for a part of ' +
    "a text, use a function.",
};

/** What to do if a negation does not leave out what it names. */
export function negationAdvice({ key, hasLists, hasValues }: NegationFault): string {
  if (!hasLists)
    return "Convert the value to the type of the metadata, or use a function of the document.";
  const name = JSON.stringify(key);
  const ofLists = `{ $not: { ${name}: { $contains: … } } }`;
  return hasValues
    ? `For both, write { $and: [{ ${name}: { $ne: … } }, ${ofLists}] }.`
    : `For a value in a list, write ${ofLists}.`;
}
