/** The methods of the browser's `Cache` that are used here. */
export interface WebCache {
  match(url: string): Promise<Response | undefined>;
  put(url: string, response: Response): Promise<void>;
  delete?(url: string): Promise<boolean>;
  keys?(): Promise<readonly { readonly url: string }[]>;
}

interface FileInMemory {
  readonly body: Blob;
  readonly headers: Headers;
}

/** By URL. All caches share it, since Transformers.js looks into one of them for every model. */
const inMemory = new Map<string, FileInMemory>();

/**
 * Cache Storage with room for what the browser refuses to store, such as a file of more than 256
 * MiB in a private window of Chromium: that stays in memory for as long as the page or worker
 * exists.
 */
export class OverflowCache implements WebCache {
  readonly #storage: Cache | null;
  readonly #onOverflow: (cache: OverflowCache) => void;

  /**
   * @param storage - null for none: all stays in memory
   * @param onOverflow - called when a file is kept in memory
   */
  constructor(storage: Cache | null, onOverflow: (cache: OverflowCache) => void) {
    this.#storage = storage;
    this.#onOverflow = onOverflow;
  }

  async match(url: string): Promise<Response | undefined> {
    const file = inMemory.get(url);
    return file ? new Response(file.body, { headers: file.headers }) : this.#storage?.match(url);
  }

  /** @throws what the storage throws, if memory has no room either */
  async put(url: string, response: Response): Promise<void> {
    inMemory.delete(url);
    if (!this.#storage) return this.#keep(url, response.headers, await response.blob());
    const { headers } = response;
    const second = response.clone();
    try {
      await this.#storage.put(url, response);
    } catch (error) {
      const body = isStorageFailure(error) ? await second.blob().catch(() => null) : null;
      if (body === null) throw error;
      this.#keep(url, headers, body);
    } finally {
      if (!second.bodyUsed) await second.body?.cancel().catch(() => {});
    }
  }

  #keep(url: string, headers: Headers, body: Blob): void {
    inMemory.set(url, { body, headers });
    this.#onOverflow(this);
  }

  async delete(url: string): Promise<boolean> {
    const wasInMemory = inMemory.delete(url);
    return (await this.#storage?.delete(url)) || wasInMemory;
  }

  async keys(): Promise<readonly { readonly url: string }[]> {
    const stored = (await this.#storage?.keys()) ?? [];
    return [...stored, ...[...inMemory.keys()].map((url) => ({ url }))];
  }
}

/** Chromium says `UnknownError` where it keeps data in memory, as in private windows. */
export function isStorageFailure(error: unknown): boolean {
  return (
    error instanceof DOMException && ["QuotaExceededError", "UnknownError"].includes(error.name)
  );
}
