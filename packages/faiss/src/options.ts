import { absolutePath as absolutePathOf, pathRule } from "@embeddinggemma/internal/node";
import {
  awaitHint,
  checker,
  checkOptions,
  integer,
  invalidArgument,
  isRecord,
  type Rule,
  type Rules,
  rules,
} from "./check.ts";
import type { ForeignFormat, ImportOptions, LangChainExportOptions } from "./interchange-types.ts";
import { frozenJson } from "./rows/json-record.ts";
import { checkSettings, maxDimension, presets } from "./store-settings.ts";
import type {
  ChangeOptions,
  EngineOptions,
  FaissStoreFilter,
  FaissStoreOptions,
  Identity,
  OpenOptions,
  SaveOptions,
  UpsertOptions,
} from "./types.ts";

const name: Rule = {
  expected: "a string that is not empty",
  accepts: (value) => typeof value === "string" && value !== "",
};

export const oversample: Rule = {
  expected: "a number of at least 1",
  accepts: (value) => Number.isFinite(value) && (value as number) >= 1,
};

const identity: Rule = {
  expected: "a string or a plain object that JSON can represent",
  accepts: (value) => typeof value === "string" || (isObject(value) && !identityFault(value)),
  hint: (value) => identityHint(value) ?? (isObject(value) ? identityFault(value) : undefined),
};

const engineRules: Rules<EngineOptions> = {
  engine: {
    ...choice("auto", "faiss", "builtin"),
    // "exact" is the former name of "builtin".
    accepts: (value) => ["auto", "faiss", "builtin", "exact"].includes(value as string),
  },
  scanBelow: integer(0),
  faissNode: name,
};

const storeRules: Rules<FaissStoreOptions> = {
  ...engineRules,
  dimension: integer(1, maxDimension),
  searchDimension: integer(1, maxDimension),
  index: name,
  preset: choice(...Object.keys(presets)),
  oversample,
  precision: choice("float32", "int8"),
  nprobe: integer(1, maxDimension),
  efSearch: integer(1, maxDimension),
  identity,
};

const existing: Rule = {
  expected: "a FaissStore of @embeddinggemma/faiss",
  // Not `instanceof`: two copies of this package may be installed.
  accepts: (value) => isRecord(value) && typeof value.checkEmbedding === "function",
  hint: awaitHint,
};

const openRules: Rules<OpenOptions> = {
  ...engineRules,
  identity: {
    ...identity,
    expected: `${identity.expected}, or null`,
    accepts: (value) => value === null || identity.accepts(value),
  },
  dimension: storeRules.dimension,
  allowMismatch: rules.flag,
  oversample,
  nprobe: storeRules.nprobe,
  efSearch: storeRules.efSearch,
};

const saveRules: Rules<SaveOptions> = {
  overwrite: rules.flag,
  lockTimeout: {
    expected: "a number of milliseconds",
    accepts: (value) => typeof value === "number" && value >= 0,
  },
};

const changeRules: Rules<ChangeOptions> = {
  ...saveRules,
  saveTo: pathRule,
};

const upsertRules: Rules<UpsertOptions> = {
  ...changeRules,
  existingIds: choice("replace", "error"),
};

const importRules: Rules<ImportOptions<unknown>> = {
  ...storeRules,
  format: choice(
    ...([
      "langchain-js",
      "langchain-python",
      "llamaindex-python",
      "faiss",
    ] satisfies ForeignFormat[]),
  ),
  indexName: name,
  indexId: name,
  sourceNamespace: name,
  ids: {
    expected: "an array of strings that are not empty",
    accepts: (value) => Array.isArray(value) && value.every(name.accepts),
  },
  duplicateIds: choice("error", "number"),
  normalize: rules.flag,
  toRecord: { ...rules.callback, expected: "a function of a source and an id" },
  embedding: {
    expected: "{ embed, textOf } and, if known, dimension and identity",
    accepts: (value) =>
      isRecord(value) && typeof value.embed === "function" && typeof value.textOf === "function",
  },
  reembed: rules.flag,
  signal: rules.signal,
  onProgress: rules.callback,
};

const exportRules: Rules<LangChainExportOptions<unknown>> = {
  indexName: name,
  toDocument: { ...rules.callback, expected: "a function of a record and an id" },
};

const renamed = { exactBelow: "scanBelow", rescore: "precision" };

/**
 * Checks options as far as possible: some checks need the dimension, which may not be given.
 *
 * @throws FaissStoreError `INVALID_ARGUMENT`
 */
export function checkStoreOptions(options: FaissStoreOptions): void {
  checkOptions(options, storeRules, renamed);
  checkSettings(options);
}

/**
 * Checks the options of a store that is created, or opened if it exists.
 *
 * @throws FaissStoreError `INVALID_ARGUMENT`
 */
export function checkLazyStoreOptions(
  options: FaissStoreOptions & Pick<OpenOptions, "allowMismatch"> & { store?: unknown },
): void {
  checkOptions(options, { store: existing, ...storeRules, allowMismatch: rules.flag }, renamed);
  checkSettings(options);
}

/**
 * Checks options as `FaissStore.open` does, so that you find a mistake before a model is loaded.
 *
 * @throws FaissStoreError `INVALID_ARGUMENT`
 * @example
 * checkOpenOptions({ engine: "builtin" });
 */
export function checkOpenOptions(options: OpenOptions): void {
  refuseKept(options);
  checkOptions(options, openRules, renamed);
}

/**
 * Refuses an option of `create` that a store is saved with.
 *
 * @throws FaissStoreError `INVALID_ARGUMENT`
 */
function refuseKept(options: object): void {
  const isKept = ([name, value]: [string, unknown]) =>
    value !== undefined && Object.hasOwn(storeRules, name) && !Object.hasOwn(openRules, name);
  const [name, value] = Object.entries(Object(options)).find(isKept) ?? [];
  if (name === undefined) return;
  const advice =
    "A saved store keeps its own. To change it, create a store with this option, and add the " +
    "saved store to it: `upsert(saved)`, or in LangChain.js `mergeFrom(saved)`. Nothing is " +
    "embedded.";
  throw invalidArgument(name, value, "left out here", advice);
}

/**
 * Checks options as `FaissStore.import` does, so that you find a mistake before a model is loaded.
 *
 * @throws FaissStoreError `INVALID_ARGUMENT`
 * @example
 * checkImportOptions({ format: "langchain-python", normalize: true });
 */
export function checkImportOptions<R>(options: ImportOptions<R>): void {
  checkOptions(options as ImportOptions<unknown>, importRules, renamed);
  checkSettings(options);
}

/** @throws FaissStoreError `INVALID_ARGUMENT` */
export function checkSaveOptions(options: SaveOptions): void {
  checkOptions(options, saveRules);
}

/** {@link ChangeOptions} with an absolute path. With it, `overwrite` is false by default. */
export interface CheckedChangeOptions extends SaveOptions {
  saveTo?: string | undefined;
}

/**
 * Checks options as `upsert` and `delete` do, so that you find a mistake before a model is loaded.
 *
 * @returns the options, with the absolute path of `saveTo`
 * @throws FaissStoreError `INVALID_ARGUMENT`
 * @example
 * const change = checkChangeOptions({ saveTo: "planets" });
 */
export function checkChangeOptions(options: ChangeOptions): CheckedChangeOptions {
  checkOptions(options, changeRules);
  return withAbsolutePath(options);
}

/** {@link UpsertOptions}, those of the save apart. */
export interface CheckedUpsertOptions {
  refusesExisting: boolean;
  change: CheckedChangeOptions;
}

/** @throws FaissStoreError `INVALID_ARGUMENT` */
export function checkUpsertOptions(options: UpsertOptions): CheckedUpsertOptions {
  checkOptions(options, upsertRules);
  const { existingIds, ...change } = options;
  return { refusesExisting: existingIds === "error", change: withAbsolutePath(change) };
}

function withAbsolutePath({ saveTo, ...options }: ChangeOptions): CheckedChangeOptions {
  if (saveTo !== undefined) {
    const { overwrite = false } = options;
    return { ...options, overwrite, saveTo: absolutePath(saveTo) };
  }
  if ((options.overwrite ?? options.lockTimeout) === undefined) return {};
  throw invalidArgument("saveTo", saveTo, "the path of a folder to save to");
}

/** @throws FaissStoreError `INVALID_ARGUMENT` */
export function checkExportOptions<R>(options: LangChainExportOptions<R>): void {
  checkOptions(options as LangChainExportOptions<unknown>, exportRules);
}

/** A copy of a checked identity that nobody can change. */
export function ownIdentity(given: Identity | undefined): Identity | undefined {
  const copy = given === undefined ? undefined : frozenJson(given, "identity");
  return copy && "json" in copy ? copy.json : undefined;
}

/**
 * Checks what to delete. Ids are copied into an array, which the caller cannot change.
 *
 * @throws FaissStoreError `INVALID_ARGUMENT`
 */
export function checkDeletion<R>(
  which: string | readonly string[] | FaissStoreFilter<R>,
): readonly string[] | FaissStoreFilter<R> {
  if (typeof which === "string") return [which];
  if (typeof which === "function") return which;
  if (Array.isArray(which)) return [...which];
  throw invalidArgument("The argument of delete", which, "an id, an array of ids or a filter");
}

/**
 * @param given - a path, in which a leading `~` is the home folder, or a `file:` URL
 * @throws FaissStoreError `INVALID_ARGUMENT`
 */
export function absolutePath(given: string | URL): string {
  return absolutePathOf(given, checker);
}

function choice(...values: string[]): Rule {
  return {
    expected: `one of ${values.map((value) => JSON.stringify(value)).join(", ")}`,
    accepts: (value) => values.includes(value as string),
  };
}

function isObject(value: unknown): value is object {
  return isRecord(value) && !Array.isArray(value);
}

/** Advice for who passed an embedder, or its method, in place of what it states. */
function identityHint(value: unknown): string | undefined {
  const { identity } = Object(value) as { identity?: unknown };
  if (typeof identity === "function") return "Pass `await` and a call of its method `identity()`.";
  if (typeof value === "function") return "Call it: `await embeddings.identity()`.";
  // A plain object may have a key of this name.
  const isGetter = typeof identity === "string" && !Object.hasOwn(Object(value), "identity");
  return isGetter ? "Pass its property `identity`." : undefined;
}

/** What JSON cannot represent in an identity. */
function identityFault(value: object): string | undefined {
  const checked = frozenJson(value, "identity");
  return "fault" in checked ? checked.fault : undefined;
}
