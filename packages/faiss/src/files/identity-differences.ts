import { isRecord, stableJson } from "@embeddinggemma/internal";
import type { Identity } from "../types.ts";

/**
 * Says in words in what two identities differ, as far as they can be taken apart: strings of the
 * form `model?key=value&key=value`, and objects.
 *
 * @param one - name of the side with the first identity
 * @param two - name of the side with the second identity
 * @returns a sentence with a space after it, such as `They differ in dtype (the store: q8; yours:
 * fp32). `; an empty string if the identities cannot be taken apart
 */
export function differencesOf(first: Identity, second: Identity, one: string, two: string): string {
  const [fields, others] = [fieldsOf(first), fieldsOf(second)];
  if (!fields || !others) return "";
  const keys = [...new Set([...fields.keys(), ...others.keys()])];
  const differences = keys.flatMap((key) => {
    const [value, other] = [fields.get(key), others.get(key)];
    if (value === other) return [];
    const name = words.get(key) ?? key;
    if (key !== adapter && isDigest(value) && isDigest(other)) return [name];
    const show = key === adapter ? (each = "none") => each : readable;
    const [shown, otherShown] = [value, other].map((each) => show(each));
    return [`${name} (${one}: ${shown}; ${two}: ${otherShown})`];
  });
  return differences.length === 0 ? "" : `They differ in ${listed(differences)}. `;
}

/** The key of what stands before the `?`. */
const head = "";

/** The key of an adapter, whose digest tells it from others. */
const adapter = "adapter";

/** What the keys of an identity mean, if the key alone does not say it. */
const words = new Map([
  [head, "the model"],
  ["recipe", "how tokens become a vector (pooling, Dense layers, length limit)"],
  ["prompts", "the model's prompts"],
  ["documentPrompt", "the document prompt"],
  ["queryPrompt", "the query prompt"],
  ["normalize", "normalization"],
  [adapter, "the adapter for all vectors"],
]);

/** The fields of an identity by key; undefined if it is a string of another form. */
function fieldsOf(identity: Identity): Map<string, string> | undefined {
  if (isRecord(identity)) {
    return new Map(
      Object.entries(identity).map(([key, value]) => [
        key,
        typeof value === "string" ? value : stableJson(value),
      ]),
    );
  }
  const start = identity.indexOf("?");
  const pairs = identity.slice(start + 1).split("&");
  if (start < 1 || !pairs.every((pair) => pair.indexOf("=") > 0)) return undefined;
  return new Map([
    [head, identity.slice(0, start)],
    ...pairs.map((pair): [string, string] => {
      const end = pair.indexOf("=");
      return [pair.slice(0, end), decoded(pair.slice(end + 1))];
    }),
  ]);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** A digest says only that something differs. So does a missing value. */
function isDigest(value: string | undefined): boolean {
  return value === undefined || /^(sha256:|\d+\.)?[0-9a-f]{12,}$/.test(value);
}

function readable(value: string | undefined): string {
  if (value === undefined) return "not set";
  if (isDigest(value)) return "another";
  return value.length > 80 ? `${value.slice(0, 79)}…` : value;
}

function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join() : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}
