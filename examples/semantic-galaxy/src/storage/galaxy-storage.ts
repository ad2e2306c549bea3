import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Encoding } from "../embedding/embedding-worker.ts";
import type { ModelChoice } from "../embedding/model-choices.ts";
import type { GalaxyText } from "../texts/galaxy-text.ts";

/** What is kept beside the vectors. */
export interface StoredGalaxy {
  readonly texts: readonly GalaxyText[];
  readonly choice: ModelChoice;
  /** The model that made the vectors, as `embedder.identity`. */
  readonly identity: string;
  readonly places: { x: Float32Array; y: Float32Array; color: Uint8Array };
  /** Whether UMAP has placed all texts. */
  readonly isPlaced: boolean;
}

/** Some vectors, from one text on. */
interface StoredVectors {
  readonly from: number;
  readonly vectors: Float32Array<ArrayBuffer>;
}

interface Schema extends DBSchema {
  galaxy: { key: "galaxy"; value: StoredGalaxy };
  vectors: { key: [Encoding, number]; value: Float32Array<ArrayBuffer> };
}

/** Keeps the galaxy in the browser (IndexedDB) for the next visit. */
export class GalaxyStorage {
  readonly #database: IDBPDatabase<Schema>;

  private constructor(database: IDBPDatabase<Schema>) {
    this.#database = database;
  }

  static async open(): Promise<GalaxyStorage> {
    return new GalaxyStorage(
      await openDB<Schema>("semantic-galaxy", 1, {
        upgrade(database) {
          database.createObjectStore("galaxy");
          database.createObjectStore("vectors");
        },
      }),
    );
  }

  read(): Promise<StoredGalaxy | undefined> {
    return this.#database.get("galaxy", "galaxy");
  }

  /** The vectors in pieces, so that the page never waits long, up to a gap if there is one. */
  async *readVectors(encoding: Encoding): AsyncGenerator<StoredVectors> {
    const keys = await this.#database.getAllKeys(
      "vectors",
      IDBKeyRange.bound([encoding, 0], [encoding, Number.POSITIVE_INFINITY]),
    );
    for (const key of keys) {
      const vectors = await this.#database.get("vectors", key);
      if (vectors) yield { from: key[1], vectors };
    }
  }

  /** @throws DOMException `QuotaExceededError` */
  async write(galaxy: StoredGalaxy): Promise<void> {
    await this.#database.put("galaxy", galaxy, "galaxy");
  }

  /** @throws DOMException `QuotaExceededError` */
  async writeVectors(encoding: Encoding, { from, vectors }: StoredVectors): Promise<void> {
    await this.#database.put("vectors", vectors, [encoding, from]);
  }

  async clearVectors(): Promise<void> {
    await this.#database.clear("vectors");
  }

  async clear(): Promise<void> {
    const transaction = this.#database.transaction(["galaxy", "vectors"], "readwrite");
    await Promise.all([
      transaction.objectStore("galaxy").clear(),
      transaction.objectStore("vectors").clear(),
      transaction.done,
    ]);
  }
}
