import { kindsIn } from "./filter-types.ts";
import type { NegationFault } from "./negations.ts";

/** @param item - what has the metadata, such as `document` */
export function describeNegation(fault: NegationFault, item: string): string {
  const { key, hasLists, hasValues } = fault;
  const kinds = kindsIn(fault);
  if (hasValues)
    return (
      `The filter does not look into lists: it negates ${kinds} under \`${key}\`, but some ` +
      `${item}s have lists there.`
    );
  const there = hasLists ? `${item}s have lists` : `no ${item} has one`;
  return (
    `The filter leaves out nothing where it should: it negates ${kinds} under \`${key}\`, but ` +
    `${there} there.`
  );
}

/** What to do if a negation does not leave out what it names. */
export function negationAdvice({ key, hasLists, hasValues }: NegationFault): string {
  if (!hasLists) return "Convert the value to the type of the metadata.";
  const name = JSON.stringify(key);
  const ofLists = `{ $not: { ${name}: { $contains: … } } }`;
  return hasValues
    ? `For both, write { $and: [{ ${name}: { $ne: … } }, ${ofLists}] }.`
    : `For a value in a list, write ${ofLists}.`;
}
