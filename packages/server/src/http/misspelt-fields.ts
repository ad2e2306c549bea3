import { nearestOption } from "@embeddinggemma/internal";
import type { Context } from "hono";

/** A field of a request that has no effect, and the one that was probably meant. */
export interface MisspeltField {
  readonly field: string;
  readonly meant: string;
}

const key = "misspeltFields";

/** Notes what is misspelt in the body of a request. */
export function noteMisspelt(context: Context, body: object, known: readonly string[]): void {
  context.set(key, misspeltFields(body, known));
}

/** What {@link noteMisspelt} noted. */
export function misspeltIn(context: Context): readonly MisspeltField[] {
  return context.get(key) ?? [];
}

/** The fields of a body that are none of the known ones, but similar to one that it lacks. */
export function misspeltFields(body: object, known: readonly string[]): MisspeltField[] {
  const missing = known.filter((field) => !Object.hasOwn(body, field));
  const unknown = Object.keys(body).filter((field) => !known.includes(field));
  return unknown.slice(0, maxCompared).flatMap((field) => {
    const meant = field.length > maxLength ? undefined : nearestOption(field, missing);
    return meant === undefined ? [] : [{ field, meant }];
  });
}

/** A body can have any number of fields, with names of any length. */
const maxCompared = 20;
const maxLength = 40;
