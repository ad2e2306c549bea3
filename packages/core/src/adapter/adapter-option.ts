import { checkOptions, isObject, isRecord, isUrl, type Rule, type Rules, rules } from "../check.ts";
import type { HubOptions } from "../files/model-folder.ts";
import { Adapter } from "./adapter.ts";

/** A folder of an adapter, and how strictly it is checked. */
export interface AdapterFolder {
  /** A path, a URL, or the id of a repository on the Hub, as for {@link Adapter.load}. */
  folder: string | URL;
  /**
   * Take an adapter that was made for another model, if the vectors have the same length: set it
   * if you are sure that the two have the same weights.
   *
   * @default false
   */
  allowMismatch?: boolean | undefined;
}

/** What the option `adapter` takes. */
export type AdapterOption = string | URL | Adapter | AdapterFolder;

/** An adapter for an embedder. */
export interface ChosenAdapter {
  readonly adapter: Adapter;
  readonly allowMismatch: boolean;
}

const folderRule: Rule = {
  expected: "a folder of an adapter",
  accepts: (value) => (typeof value === "string" && value !== "") || isUrl(value),
};

const adapterFolderRules: Rules<AdapterFolder> = {
  folder: { ...folderRule, required: true },
  allowMismatch: rules.flag,
};

/** Not `instanceof`: two copies of this package may be installed. */
function isAdapter(value: unknown): value is Adapter {
  return (
    isRecord(value) &&
    typeof value.apply === "function" &&
    typeof value.changes === "function" &&
    typeof value.digest === "string"
  );
}

/** For the option `adapter`. `null` stands for none. */
export const adapterRule: Rule = {
  expected: "a folder or URL of an adapter, { folder, allowMismatch }, an Adapter, or null",
  accepts: (value) =>
    value === null || folderRule.accepts(value) || isAdapter(value) || isObject(value),
  hint: hintOn,
};

/** Where an adapter must be there already. */
export const loadedAdapterRule: Rule = {
  expected: "an Adapter or null",
  accepts: (value) => value === null || isAdapter(value),
  hint: (value) =>
    folderRule.accepts(value) ? "Load it first: `await Adapter.load(folder)`." : hintOn(value),
};

/**
 * Loads the adapter of an option, unless it is loaded.
 *
 * @param options - how to reach the Hub
 * @throws `INVALID_ARGUMENT`; see {@link Adapter.load}
 */
export async function chooseAdapter(
  option: AdapterOption | null | undefined,
  { token, endpoint, cacheDir, localFilesOnly, signal }: HubOptions,
): Promise<ChosenAdapter | null> {
  if (option === undefined || option === null) return null;
  if (isAdapter(option)) return { adapter: option, allowMismatch: false };
  checkAdapterOption(option);
  const { folder, allowMismatch = false } = folderRule.accepts(option)
    ? { folder: option as string | URL }
    : (option as AdapterFolder);
  const hub = { token, endpoint, cacheDir, localFilesOnly, signal };
  return { adapter: await Adapter.load(folder, hub), allowMismatch };
}

/** @throws `INVALID_ARGUMENT` */
export function checkAdapterOption(option: AdapterOption | null | undefined): void {
  if (option === undefined || option === null || isAdapter(option) || folderRule.accepts(option))
    return;
  checkOptions(option as AdapterFolder, adapterFolderRules);
}

/** Checks the arguments of {@link Embedder.withAdapter}. @throws `INVALID_ARGUMENT` */
export function checkWithAdapter(
  adapter: Adapter | null,
  options: Pick<AdapterFolder, "allowMismatch">,
): void {
  checkOptions({ adapter }, { adapter: { ...loadedAdapterRule, required: true } });
  checkOptions(options, { allowMismatch: rules.flag });
}

function hintOn(value: unknown): string | undefined {
  if (value instanceof Promise) return "Add the missing `await`.";
  if (!Array.isArray(value)) return undefined;
  return (
    "An embedder has one adapter. For several, make more embedders of it: " +
    "`embedder.withAdapter(adapter)` shares its weights."
  );
}
