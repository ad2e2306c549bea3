/** The methods of the browser's `Cache` that are used here. */
export interface WebCache {
  match(url: string): Promise<Response | undefined>;
  put(url: string, response: Response): Promise<void>;
  delete?(url: string): Promise<boolean>;
  keys?(): Promise<readonly { readonly url: string }[]>;
  /** Whether a file that cannot be stored is kept in memory if it is put again. */
  readonly retriesInMemory?: boolean;
}

interface FileInMemory {
  readonly body: Blob;
  readonly headers: Headers;
}

/** By URL. All caches share it, since Transformers.js looks into one of them for every model. */
const inMemory = new Map<string, FileInMemory>();

/** URLs of files that the browser has refused to store. */
const refused = new Set<string>();

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

  readonly retriesInMemory = true;

  /**
   * Stores a file. One that the storage has refused before stays in memory: it must be fetched
   * again for that, since all files would have to be in memory otherwise while they are stored.
   *
   * @throws what the storage throws
   */
  async put(url: string, response: Response): Promise<void> {
    inMemory.delete(url);
    const storage = this.#storage;
    if (storage && !refused.has(url) && !(await isMarked(storage, url))) {
      await storage.put(url, response).catch(async (error: unknown) => {
        if (isStorageFailure(error)) refused.add(url);
        // A private window refuses it again. This spares later pages a download.
        if (isUnknown(error))
          await storage
            .put(markOf(url), new Response("", { headers: { [refusedAt]: `${Date.now()}` } }))
            .catch(() => {});
        throw error;
      });
      return;
    }
    const { headers } = response;
    inMemory.set(url, { body: await response.blob(), headers });
    this.#onOverflow(this);
  }

  async delete(url: string): Promise<boolean> {
    const wasInMemory = inMemory.delete(url);
    refused.delete(url);
    await this.#storage?.delete(markOf(url));
    return (await this.#storage?.delete(url)) || wasInMemory;
  }

  async keys(): Promise<readonly { readonly url: string }[]> {
    const stored = (await this.#storage?.keys()) ?? [];
    return [...stored, ...[...inMemory.keys()].map((url) => ({ url }))];
  }
}

/** A private window is closed at some time, and other failures pass. */
const hour = 3_600_000;

const refusedAt = "x-refused-at";

/** Whether the storage has refused a file within the last hour. */
async function isMarked(storage: Cache, url: string): Promise<boolean> {
  const mark = await storage.match(markOf(url));
  return mark !== undefined && Date.now() - Number(mark.headers.get(refusedAt)) < hour;
}

/** The URL of a mark in the storage that it has refused a file, with the time. */
function markOf(url: string): string {
  return `${url}.refused`;
}

export function isStorageFailure(error: unknown): boolean {
  return isUnknown(error) || (error instanceof DOMException && error.name === "QuotaExceededError");
}

/** What Chromium says where it keeps data in memory, as in private windows. */
function isUnknown(error: unknown): boolean {
  return error instanceof DOMException && error.name === "UnknownError";
}
