import { isObject, nearestOption } from "../check-options.ts";
import { valueAt } from "../value-at.ts";
import {
  adviceOn,
  describeMismatch,
  FilterTypes,
  type SoughtKinds,
  type TypeAdvice,
  type TypeMismatch,
} from "./filter-types.ts";

/** From so many of the first items, the keys are collected, as suggestions. */
const maxSampled = 1_000;
/** So many keys are named if none is similar. */
const maxNamed = 10;

/**
 * Notes which metadata keys of a filter exist, while the filter runs: a misspelt key means a
 * missing value, which matches nothing, or everything. Also notes whether they have values of the
 * types that the filter looks for: others match nothing.
 */
export class FilterKeys {
  readonly #missing: Set<string>;
  readonly #known = new Set<string>();
  readonly #types: FilterTypes;
  #asked = 0;
  #hasMatch = false;

  /**
   * @param keys - those that the filter looks up; with dots for nested metadata
   * @param sought - what must be under some of these keys, all of it
   */
  constructor(keys: Iterable<string>, sought: readonly SoughtKinds[] = []) {
    this.#missing = new Set(keys);
    this.#types = new FilterTypes(sought);
  }

  /** The first key that no item has; undefined if the filter was asked about none. */
  get missing(): string | undefined {
    return this.#asked === 0 ? undefined : [...this.#missing][0];
  }

  /**
   * The keys that no item has, if the filter was asked and matched nothing. A search asks such a
   * filter about all items.
   */
  get missingAndUnmatched(): readonly string[] {
    return this.#asked === 0 || this.#hasMatch ? [] : [...this.#missing];
  }

  /** Why the filter matched nothing, though its keys exist. */
  get mismatch(): TypeMismatch | undefined {
    return this.#hasMatch || this.missing !== undefined ? undefined : this.#types.mismatch;
  }

  /** The key that was probably meant. */
  nearest(key: string): string | undefined {
    return nearestOption(key, [...this.#known]);
  }

  /**
   * A filter that answers the same.
   *
   * @param filter - none has no keys to note
   */
  watch<R>(
    filter: ((record: R, id: string) => boolean) | undefined,
    metadataOf: (record: R, id: string) => object | undefined,
  ): ((record: R, id: string) => boolean) | undefined {
    if (!filter || this.#missing.size === 0) return filter;
    return (record, id) => {
      const isMatch = filter(record, id);
      this.#hasMatch ||= isMatch;
      if (this.#missing.size === 0 && (this.#hasMatch || this.#types.isMet)) return isMatch;
      const metadata = metadataOf(record, id) ?? {};
      if (this.#missing.size > 0) this.#note(metadata);
      if (!this.#hasMatch) this.#types.note(metadata);
      return isMatch;
    };
  }

  /**
   * Warns of a key that no item has, or none with a value of the right type, if the filter matched
   * nothing.
   *
   * @param warned - what was warned of; a new warning is added
   * @param item - what has the metadata
   * @param advice - on types
   */
  warn(warned: Set<string>, item: "document" | "node", advice: TypeAdvice): void {
    const [key] = this.missingAndUnmatched;
    const { mismatch } = this;
    if (key !== undefined)
      warnOnce(
        warned,
        { code: "EMBEDDINGGEMMA_UNKNOWN_KEY", key },
        `no ${item} has the metadata key \`${key}\`. ${this.#advice(key, item)}`,
      );
    else if (mismatch)
      warnOnce(
        warned,
        { code: "EMBEDDINGGEMMA_FILTER_TYPE", key: mismatch.key },
        `it ${describeMismatch(mismatch, item)}${adviceOn(mismatch, advice)}`,
      );
  }

  #advice(key: string, item: string): string {
    const nearest = this.nearest(key);
    if (nearest !== undefined) return `Did you mean \`${nearest}\`?`;
    if (this.#known.size === 0) return `No ${item} has metadata.`;
    const named = [...this.#known].slice(0, maxNamed).map((name) => `\`${name}\``);
    const more = this.#known.size > maxNamed ? ", …" : "";
    return `The ${named.length === 1 ? "only key is" : "keys are"} ${named.join(", ")}${more}.`;
  }

  #note(metadata: object): void {
    for (const key of this.#missing)
      if (valueAt(metadata, key) !== undefined) this.#missing.delete(key);
    if (this.#asked++ < maxSampled) for (const path of pathsOf(metadata)) this.#known.add(path);
  }
}

function warnOnce(
  warned: Set<string>,
  { code, key }: { code: string; key: string },
  reason: string,
): void {
  const name = `${code} ${key}`;
  if (warned.has(name)) return;
  warned.add(name);
  process.emitWarning(`The filter found nothing: ${reason}`, { code });
}

/** The keys of metadata. Those of nested metadata lead there: `author.name`. */
function pathsOf(metadata: object): string[] {
  return Object.entries(metadata).flatMap(([key, value]) =>
    isObject(value) ? [key, ...pathsOf(value).map((path) => `${key}.${path}`)] : [key],
  );
}
