import { isRecord, stableJson } from "@embeddinggemma/internal";
import type { IdentityDifference } from "../errors.ts";
import type { Identity } from "../types.ts";

/**
 * In what two identities differ, as far as they can be taken apart: two strings of the form
 * `model?key=value&key=value`, or two objects, whose keys need not be those of a string.
 */
export function differencesOf(stored: Identity, given: Identity): IdentityDifference[] {
  if (typeof stored !== typeof given) return [];
  const [fields, others] = [fieldsOf(stored), fieldsOf(given)];
  if (!fields || !others) return [];
  const keys = [...new Set([...fields.keys(), ...others.keys()])];
  return keys.flatMap((key) => {
    const [value, other] = [fields.get(key), others.get(key)];
    return value === other
      ? []
      : [{ key, name: words.get(key) ?? key, stored: value, given: other }];
  });
}

/**
 * Says in words what differs.
 *
 * @param one - name of the side of `stored`
 * @param two - name of the side of `given`
 * @returns a sentence with a space after it, such as `They differ in dtype (the store: q8; yours:
 * fp32). `; an empty string without differences
 */
export function sayDifferences(
  differences: readonly IdentityDifference[],
  one: string,
  two: string,
): string {
  const said = differences.map(({ key, name, stored, given }) => {
    if (key !== adapter && isDigest(stored) && isDigest(given)) return name;
    const show = key === adapter ? (value = "none") => value : readable;
    return `${name} (${one}: ${show(stored)}; ${two}: ${show(given)})`;
  });
  return said.length === 0 ? "" : `They differ in ${listed(said)}. `;
}

/**
 * Says that two models may be one: a repository on the Hub, and a folder, which may be a copy.
 *
 * @returns a sentence with a space after it; an empty string if anything else differs
 */
export function sayCopy(differences: readonly IdentityDifference[]): string {
  if (differences.length !== 1 || differences[0]!.key !== head) return "";
  const { stored = "", given = "" } = differences[0]!;
  const isPair = [`${stored} ${given}`, `${given} ${stored}`].some((both) =>
    /^\S+@[0-9a-f]{40} sha256:[0-9a-f]+$/.test(both),
  );
  return isPair
    ? "If the folder is a copy of that commit, the vectors agree all the same: files have " +
        "another identity in a folder than on the Hub. Otherwise they do not. "
    : "";
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
  ["titleKey", "the metadata key of titles"],
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
  if (isDigest(value)) return shortDigest(value);
  return value.length > 80 ? `${value.slice(0, 79)}…` : value;
}

/** `sha256:0123abcd…`: enough to tell it from others. */
function shortDigest(digest: string): string {
  return `${digest.replace(/([0-9a-f]{8})[0-9a-f]+$/, "$1")}…`;
}

function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join() : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}
