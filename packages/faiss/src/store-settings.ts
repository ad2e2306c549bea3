import { defined } from "@embeddinggemma/internal";
import { invalidArgument } from "./check.ts";
import { type IndexKind, parseIndexKind } from "./index/index-kind.ts";
import type { FaissStoreOptions, Preset } from "./types.ts";

/** The settings of a store whose dimension is known. */
export interface StoreSettings {
  dimension: number;
  searchDimension: number;
  kind: IndexKind;
  oversample: number;
  precision: "float32" | "int8";
  nprobe: number | undefined;
  efSearch: number | undefined;
}

export const maxDimension = 65_536;

/** docs/search/search-tuning.md explains the values. */
export const presets: Record<Preset, FaissStoreOptions> = {
  exact: {},
  balanced: { searchDimension: 256 },
  small: { searchDimension: 128, precision: "int8", oversample: 20 },
};

/**
 * The options of a store, with others in their place where they are given. With a dimension, the
 * vectors will be new ones: the identity of the old ones is left out, and so is a search dimension
 * that was all of them or does not fit.
 */
export function changedOptions(
  options: FaissStoreOptions,
  changes: FaissStoreOptions,
): FaissStoreOptions {
  const { searchDimension, precision, oversample, ...others } = options;
  // A preset sets these only where no option does.
  const kept: FaissStoreOptions = changes.preset === undefined ? options : others;
  const { dimension } = changes;
  if (dimension === undefined) return { ...kept, ...defined(changes) };
  const { identity: _, searchDimension: before = 0, ...fitting } = kept;
  const isPart = before > 0 && before < Math.min(dimension, options.dimension ?? dimension + 1);
  return { ...fitting, ...(isPart && { searchDimension: before }), ...defined(changes) };
}

/** The factory string that options ask for. */
export function factoryOf({ index, preset = "exact" }: FaissStoreOptions): string {
  return index ?? presets[preset].index ?? "Flat";
}

/**
 * Checks how options fit together, as far as that is known without the dimension.
 *
 * @throws FaissStoreError `INVALID_ARGUMENT`
 */
export function checkSettings(options: FaissStoreOptions): void {
  if (options.dimension === undefined) parseIndexKind(factoryOf(options), options.searchDimension);
  else settingsFor(options, options.dimension);
}

/**
 * Adds presets and defaults to checked options.
 *
 * @throws FaissStoreError `INVALID_ARGUMENT` if an option does not fit the dimension
 */
export function settingsFor(options: FaissStoreOptions, dimension: number): StoreSettings {
  const preset = options.preset === undefined ? {} : presets[options.preset];
  const presetSearchDimension = Math.min(preset.searchDimension ?? dimension, dimension);
  const searchDimension = options.searchDimension ?? presetSearchDimension;
  if (searchDimension > dimension) {
    const expected = `at most dimension, which is ${dimension}`;
    throw invalidArgument("searchDimension", searchDimension, expected);
  }
  if (dimension > maxDimension)
    throw invalidArgument("dimension", dimension, `at most ${maxDimension}`);
  return {
    dimension,
    searchDimension,
    kind: parseIndexKind(factoryOf(options), searchDimension),
    oversample: options.oversample ?? preset.oversample ?? 10,
    precision: options.precision ?? preset.precision ?? "float32",
    nprobe: options.nprobe,
    efSearch: options.efSearch,
  };
}
