import { DocumentIndexError } from "./document-index-error.ts";
import type { DocumentIndexOptions } from "./document-index-options.ts";
import type { IndexedDocument } from "./indexed-document.ts";

type Limits = Record<"maxPending" | "maxPendingCharacters", number>;

/** A character takes up to two bytes, and embedding makes copies. */
const heapShare = 8;

/** Documents that wait to be indexed, in memory. */
export class PendingDocuments {
  readonly #limits: Limits;
  readonly #documents: IndexedDocument[][] = [];
  #size = 0;
  #characters = 0;

  private constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** With the limits of the options, and defaults for those that are missing. */
  static async with(options: DocumentIndexOptions): Promise<PendingDocuments> {
    // Not imported by applications that have no store.
    const { getHeapStatistics } = await import("node:v8");
    const { heap_size_limit: limit } = getHeapStatistics();
    const { maxPending = 1_000_000, maxPendingCharacters = Math.floor(limit / heapShare) } =
      options;
    return new PendingDocuments({ maxPending, maxPendingCharacters });
  }

  get size(): number {
    return this.#size;
  }

  /** @throws DocumentIndexError `TOO_MANY_PENDING`; nothing is added then */
  add(documents: IndexedDocument[]): void {
    const { maxPending, maxPendingCharacters } = this.#limits;
    const characters = charactersOf(documents);
    if (this.#size + documents.length > maxPending) throw this.#tooMany(documents, `${maxPending}`);
    if (this.#characters + characters > maxPendingCharacters)
      throw this.#tooMany(documents, `${maxPendingCharacters} characters`);
    this.#documents.push(documents);
    this.#size += documents.length;
    this.#characters += characters;
  }

  /** Takes all away. */
  take(): IndexedDocument[] {
    const taken = this.#documents.splice(0).flat();
    this.#size = 0;
    this.#characters = 0;
    return taken;
  }

  /** Puts documents back that were taken, before those that were added since. */
  putBack(documents: IndexedDocument[]): void {
    this.#documents.unshift(documents);
    this.#size += documents.length;
    this.#characters += charactersOf(documents);
  }

  #tooMany(documents: readonly IndexedDocument[], limit: string): DocumentIndexError {
    return new DocumentIndexError(
      "TOO_MANY_PENDING",
      this.#size === 0
        ? `${documents.length} documents are over the limit of ${limit}. Add fewer at once.`
        : `${this.#size} documents wait to be indexed, and ${documents.length} more are over the ` +
            `limit of ${limit}. Call upsert first.`,
    );
  }
}

/** Of all strings, also within other values. */
function charactersOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce((sum: number, inner) => sum + charactersOf(inner), 0);
}
