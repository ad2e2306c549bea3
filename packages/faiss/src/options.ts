import { FaissStoreError, show } from "./errors.ts";
import { type IndexKind, parseIndexKind } from "./index/index-kind.ts";
import { isVector } from "./rows/unit-vector.ts";
import type {
  FaissStoreFilter,
  FaissStoreOptions,
  Identity,
  ImportOptions,
  MaximalMarginalRelevanceOptions,
  Preset,
  SearchOptions,
  Vector,
} from "./types.ts";

/** What a store is built with once its dimension is known. */
export interface StoreSettings {
  dimension: number;
  searchDimension: number;
  kind: IndexKind;
  oversample: number;
  precision: "float32" | "int8";
  nprobe: number | undefined;
  efSearch: number | undefined;
}

const mostDimensions = 65_536;

/** The reasons stand in the README, under "Presets". */
const presets: Record<Preset, FaissStoreOptions> = {
  exact: {},
  balanced: { searchDimension: 256 },
  small: { searchDimension: 128, index: "SQ8", precision: "int8", oversample: 20 },
};

/**
 * What can be checked before the dimension is known.
 *
 * @throws FaissStoreError `INVALID_ARGUMENT`
 */
export function checkOptions(options: FaissStoreOptions): void {
  checkObject("options", options);
  checkNames(options);
  checkChoice("preset", options.preset, ["exact", "balanced", "small"]);
  if ((options.engine as string) === "exact")
    throw renamedTo('engine: "builtin"', 'engine: "exact"');
  checkChoice("engine", options.engine, ["auto", "faiss", "builtin"]);
  checkChoice("precision", options.precision, ["float32", "int8"]);
  checkInteger("dimension", options.dimension, 1, mostDimensions);
  checkInteger("searchDimension", options.searchDimension, 1, mostDimensions);
  checkInteger("nprobe", options.nprobe, 1, mostDimensions);
  checkInteger("efSearch", options.efSearch, 1, mostDimensions);
  checkInteger("scanBelow", options.scanBelow, 0, Number.MAX_SAFE_INTEGER);
  checkOversample(options.oversample);
  checkString("index", options.index);
  checkString("faissNode", options.faissNode);
  checkIdentity(options.identity);
  if (options.dimension !== undefined) settingsFor(options, options.dimension);
}

/**
 * Completes checked options.
 *
 * @throws FaissStoreError `INVALID_ARGUMENT` where an option does not fit the dimension
 */
export function settingsFor(options: FaissStoreOptions, dimension: number): StoreSettings {
  const preset = options.preset === undefined ? {} : presets[options.preset];
  const presetSearchDimension = Math.min(preset.searchDimension ?? dimension, dimension);
  const searchDimension = options.searchDimension ?? presetSearchDimension;
  if (searchDimension > dimension) {
    throw invalidOption(
      "searchDimension",
      searchDimension,
      `at most dimension, which is ${dimension}`,
    );
  }
  if (dimension > mostDimensions)
    throw invalidOption("dimension", dimension, `at most ${mostDimensions}`);
  return {
    dimension,
    searchDimension,
    kind: parseIndexKind(options.index ?? preset.index ?? "Flat", searchDimension),
    oversample: options.oversample ?? preset.oversample ?? 10,
    precision: options.precision ?? preset.precision ?? "float32",
    nprobe: options.nprobe,
    efSearch: options.efSearch,
  };
}

/**
 * What is to be deleted, ids as a list of our own.
 *
 * @throws FaissStoreError `INVALID_ARGUMENT`
 */
export function checkDeletion<R>(
  which: string | readonly string[] | FaissStoreFilter<R>,
): readonly string[] | FaissStoreFilter<R> {
  if (typeof which === "string") return [which];
  if (typeof which === "function") return which;
  if (Array.isArray(which)) return [...which];
  throw new FaissStoreError(
    "INVALID_ARGUMENT",
    `delete takes an id, an array of ids or a filter, but was given ${show(which)}.`,
  );
}

/**
 * The queries of a search, and whether it was one alone.
 *
 * @throws FaissStoreError `INVALID_ARGUMENT`
 */
export function checkQueries(query: Vector | readonly Vector[]): {
  queries: readonly Vector[];
  isOne: boolean;
} {
  if (isVector(query) && query.length > 0) return { queries: [query], isOne: true };
  if (Array.isArray(query)) return { queries: [...query], isOne: false };
  throw new FaissStoreError(
    "INVALID_ARGUMENT",
    `search takes a vector or an array of vectors, but was given ${show(query)}.`,
  );
}

/** {@link SearchOptions} with its defaults. */
export interface CheckedSearchOptions<R> {
  k: number;
  minScore: number;
  filter: FaissStoreFilter<R> | undefined;
  oversample: number | undefined;
}

/** @throws FaissStoreError `INVALID_ARGUMENT` */
export function checkSearchOptions<R>(options: SearchOptions<R>): CheckedSearchOptions<R> {
  checkArgumentObject("search", options);
  const { k = 10, minScore = Number.NEGATIVE_INFINITY, filter, oversample } = options;
  checkCount("k", k);
  if (typeof minScore !== "number" || Number.isNaN(minScore))
    throw invalidArgument("minScore", minScore, "a number");
  checkFilter(filter);
  if (oversample !== undefined && !(Number.isFinite(oversample) && oversample >= 1)) {
    throw invalidArgument("oversample", oversample, "a number of at least 1");
  }
  return { k, minScore, filter, oversample };
}

/** {@link MaximalMarginalRelevanceOptions} with its defaults. */
export interface CheckedMaximalMarginalRelevanceOptions<R> {
  k: number;
  fetchK: number;
  lambda: number;
  filter: FaissStoreFilter<R> | undefined;
}

/** @throws FaissStoreError `INVALID_ARGUMENT` */
export function checkMaximalMarginalRelevanceOptions<R>(
  options: MaximalMarginalRelevanceOptions<R>,
): CheckedMaximalMarginalRelevanceOptions<R> {
  checkArgumentObject("maximalMarginalRelevance", options);
  const { k = 4, lambda = 0.5 } = options;
  checkCount("k", k);
  const { fetchK = Math.max(20, k) } = options;
  checkCount("fetchK", fetchK);
  if (fetchK < k) throw invalidArgument("fetchK", fetchK, `at least k, which is ${k}`);
  if (typeof lambda !== "number" || !(lambda >= 0 && lambda <= 1)) {
    throw invalidArgument("lambda", lambda, "a number from 0 to 1");
  }
  checkFilter(options.filter);
  return { k, fetchK, lambda, filter: options.filter };
}

/** @throws FaissStoreError `INVALID_ARGUMENT` */
export function checkPath(path: string): void {
  if (typeof path === "string" && path !== "" && !path.includes("\0")) return;
  throw new FaissStoreError(
    "INVALID_ARGUMENT",
    `A path is a string that is not empty, but ${show(path)} was given.`,
  );
}

/** @throws FaissStoreError `INVALID_ARGUMENT` */
export function checkImportOptions<R>(options: ImportOptions<R>): void {
  checkOptions(options);
  const { format, indexName, toRecord } = options;
  checkChoice("format", format, ["langchain-js", "langchain-python", "llamaindex-python", "faiss"]);
  checkString("indexName", indexName);
  if (toRecord !== undefined && typeof toRecord !== "function") {
    throw invalidOption("toRecord", toRecord, "a function of a source and an id");
  }
}

function checkFilter<R>(filter: FaissStoreFilter<R> | undefined): void {
  if (filter !== undefined && typeof filter !== "function") {
    throw invalidArgument("filter", filter, "a function of a record and an id");
  }
}

function checkIdentity(identity: Identity | undefined): void {
  if (identity === undefined || typeof identity === "string") return;
  if (typeof identity !== "object" || identity === null || Array.isArray(identity)) {
    throw invalidOption("identity", identity, "a string or a plain object");
  }
  try {
    JSON.stringify(identity);
  } catch {
    throw invalidOption("identity", identity, "a plain object that JSON can hold");
  }
}

const newNames: Readonly<Record<string, string>> = {
  exactBelow: "scanBelow",
  rescore: "precision",
};

function checkNames(options: object): void {
  for (const [name, value] of Object.entries(options))
    if (value !== undefined && Object.hasOwn(newNames, name))
      throw renamedTo(newNames[name]!, name);
}

function renamedTo(name: string, old: string): FaissStoreError {
  return new FaissStoreError("INVALID_ARGUMENT", `\`${old}\` is now called \`${name}\`.`, {
    option: old,
    nearest: name,
  });
}

function checkObject(name: string, options: unknown): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new FaissStoreError(
      "INVALID_ARGUMENT",
      `${name} must be an object, but is ${show(options)}.`,
    );
  }
}

function checkInteger(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least && value <= most))
    return;
  throw invalidOption(name, value, `an integer from ${least} to ${most}`);
}

function checkChoice(name: string, value: string | undefined, choices: readonly string[]): void {
  if (value !== undefined && !choices.includes(value)) {
    throw invalidOption(name, value, `one of ${choices.map(show).join(", ")}`);
  }
}

export function checkString(name: string, value: string | undefined): void {
  if (value !== undefined && (typeof value !== "string" || value === "")) {
    throw invalidOption(name, value, "a string that is not empty");
  }
}

function checkOversample(oversample: number | undefined): void {
  if (oversample !== undefined && !(Number.isFinite(oversample) && oversample >= 1)) {
    throw invalidOption("oversample", oversample, "a number of at least 1");
  }
}

function checkCount(name: string, value: unknown): void {
  if (!Number.isSafeInteger(value) || (value as number) < 1)
    throw invalidArgument(name, value, "a positive integer");
}

function checkArgumentObject(call: string, options: unknown): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new FaissStoreError(
      "INVALID_ARGUMENT",
      `The options of ${call} must be an object, as { k: 10 }, but are ${show(options)}.`,
    );
  }
}

function invalidOption(name: string, value: unknown, expected: string): FaissStoreError {
  return new FaissStoreError(
    "INVALID_ARGUMENT",
    `${name} must be ${expected}, but is ${show(value)}.`,
    {
      option: name,
      value,
    },
  );
}

function invalidArgument(name: string, value: unknown, expected: string): FaissStoreError {
  return new FaissStoreError(
    "INVALID_ARGUMENT",
    `${name} must be ${expected}, but is ${show(value)}.`,
    {
      argument: name,
      value,
    },
  );
}
