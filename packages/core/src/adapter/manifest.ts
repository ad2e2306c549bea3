import { isObject } from "../check.ts";
import { show } from "../errors.ts";
import type { AdapterBase, AdapterSides } from "./adapter-parts.ts";

/** What `adapter.json` says. */
export interface AdapterManifest {
  readonly sides: AdapterSides;
  readonly rank: number | null;
  readonly dimension: number;
  readonly base: AdapterBase;
  /** SHA-256 of `adapter.safetensors`, in hex. */
  readonly digest: string;
  readonly training: Readonly<Record<string, unknown>>;
}

const format = "embeddinggemma-adapter";
const version = 1;

/** The text of `adapter.json`. */
export function writeManifest(manifest: AdapterManifest): string {
  const { sides, rank, dimension, base, digest, training } = manifest;
  const fields = { format, version, sides, rank, dimension, base, digest, training };
  return `${JSON.stringify(fields, null, 2)}\n`;
}

/**
 * Reads the fields of `adapter.json`. Those of later versions that this one does not know are
 * ignored.
 *
 * @param fail - makes the error for what is wrong, which completes the sentence "adapter.json …"
 */
export function readManifest(
  fields: Readonly<Record<string, unknown>>,
  fail: (problem: string) => Error,
): AdapterManifest {
  if (fields.format !== format) {
    throw fail(
      `has the format ${show(fields.format)}, not "${format}": it is not of an adapter that ` +
        "@embeddinggemma/tune has trained",
    );
  }
  if (isCount(fields.version) && fields.version > version) {
    throw fail(
      `has version ${fields.version} of the format, but this release reads up to ${version}. ` +
        "Update @embeddinggemma/core",
    );
  }
  const check = <T>(name: string, is: (value: unknown) => value is T, expected: string): T => {
    const value = fields[name];
    if (is(value)) return value;
    throw fail(`has the ${name} ${show(value)}, which is not ${expected}`);
  };
  check("version", isCount, "a whole number of at least 1");
  const { model, identity } = check("base", isBase, "{ model, identity }, both strings");
  const manifest = {
    sides: check("sides", isSides, '"query" or "both"'),
    rank: check("rank", isRank, "a whole number of at least 1, or null"),
    dimension: check("dimension", isCount, "a whole number of at least 1"),
    base: { model, identity },
    digest: check("digest", isDigest, "a SHA-256 in hex"),
    training: fields.training === undefined ? {} : check("training", isObject, "an object"),
  };
  if (manifest.rank === null || manifest.rank <= manifest.dimension) return manifest;
  throw fail(`has the rank ${manifest.rank}, which is more than its dimension`);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function isRank(value: unknown): value is number | null {
  return value === null || isCount(value);
}

function isSides(value: unknown): value is AdapterSides {
  return value === "query" || value === "both";
}

function isDigest(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}

function isBase(value: unknown): value is AdapterBase {
  return (
    isObject(value) &&
    typeof value.model === "string" &&
    typeof value.identity === "string" &&
    value.identity !== ""
  );
}
