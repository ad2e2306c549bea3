import type { NegationFault } from "./negations.ts";

/** What to do if a negation does not leave out what it names. */
export function negationAdvice({ key, hasLists, hasValues }: NegationFault): string {
  if (!hasLists) return "Convert the value to the type of the metadata.";
  const name = JSON.stringify(key);
  const ofLists = `{ $not: { ${name}: { $contains: … } } }`;
  return hasValues
    ? `For both, write { $and: [{ ${name}: { $ne: … } }, ${ofLists}] }.`
    : `For a value in a list, write ${ofLists}.`;
}
