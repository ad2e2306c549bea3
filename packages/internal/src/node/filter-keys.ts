import { isObject, nearestOption } from "../check-options.ts";
import { valueAt } from "../value-at.ts";

/** From so many of the first items, the keys are collected, as suggestions. */
const maxSampled = 1_000;
/** So many keys are named if none is similar. */
const maxNamed = 10;

/**
 * Notes which metadata keys of a filter exist, while the filter runs: a misspelt key means a
 * missing value, which matches nothing, or everything.
 */
export class FilterKeys {
  readonly #missing: Set<string>;
  readonly #known = new Set<string>();
  #asked = 0;
  #hasMatch = false;

  /** @param keys - those that the filter looks up; with dots for nested metadata */
  constructor(keys: Iterable<string>) {
    this.#missing = new Set(keys);
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
      if (this.#missing.size > 0) this.#note(metadataOf(record, id));
      return isMatch;
    };
  }

  /**
   * Warns of a key that no item has, if the filter matched nothing.
   *
   * @param warned - the keys that were warned of; the new one is added
   * @param item - what has the metadata
   */
  warn(warned: Set<string>, item: "document" | "node"): void {
    const [key] = this.missingAndUnmatched;
    if (key === undefined || warned.has(key)) return;
    warned.add(key);
    process.emitWarning(
      `The filter found nothing: no ${item} has the metadata key \`${key}\`. ` +
        this.#advice(key, item),
      { code: "EMBEDDINGGEMMA_UNKNOWN_KEY" },
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

  #note(metadata: object = {}): void {
    for (const key of this.#missing)
      if (valueAt(metadata, key) !== undefined) this.#missing.delete(key);
    if (this.#asked++ < maxSampled) for (const path of pathsOf(metadata)) this.#known.add(path);
  }
}

/** The metadata keys that a checked filter of LangChain looks up. */
export function keysOfFilter(filter: object): string[] {
  return Object.entries(filter).flatMap(([key, value]) =>
    key.startsWith("$") ? [value].flat().flatMap(keysOfFilter) : [key],
  );
}

/** The keys of metadata. Those of nested metadata lead there: `author.name`. */
function pathsOf(metadata: object): string[] {
  return Object.entries(metadata).flatMap(([key, value]) =>
    isObject(value) ? [key, ...pathsOf(value).map((path) => `${key}.${path}`)] : [key],
  );
}
