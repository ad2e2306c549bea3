import { digestBlob } from "../../digest.ts";
import { EmbeddingGemmaError, show } from "../../errors.ts";
import { isCommit, isRepositoryId } from "../hub/hub-names.ts";
import type { HubOptions, ModelFolder } from "../model-folder.ts";
import { hubFolder, openTransformersCache } from "./transformers-browser.ts";
import { fetchInto, isUnchanged, isWhole, type WebCache } from "./web-fetch.ts";

/**
 * Finds a model from a browser: the URL of a folder, such as `https://example.org/models/tiny/` or
 * `/models/tiny/`, or the id of a repository on the Hub.
 *
 * @throws `MODEL_NOT_FOUND`
 */
export async function openWebFolder(model: string, options: HubOptions): Promise<ModelFolder> {
  const cache = await openTransformersCache();
  if (isUrl(model)) return WebFolder.open(folderUrl(model), null, cache, options);
  if (!isRepositoryId(model)) {
    throw new EmbeddingGemmaError(
      "MODEL_NOT_FOUND",
      `${show(model)} is neither the URL of a folder, such as "https://example.org/models/tiny/" or "/models/tiny/", nor the id of a repository on the Hub, such as "onnx-community/embeddinggemma-300m-ONNX".`,
      { model },
    );
  }
  const { revision = "main", endpoint } = options;
  return WebFolder.open(await hubFolder(model, revision, endpoint), revision, cache, options);
}

/**
 * A folder on a web server, its files kept in the cache in which Transformers.js looks before it
 * asks the network, under the very keys under which it looks. A file that has changed on the server
 * is fetched anew.
 */
class WebFolder implements ModelFolder {
  readonly path: string;
  #commit: string | null;
  readonly #pinned: boolean;
  readonly #cache: WebCache;
  readonly #options: HubOptions;
  readonly #provided = new Map<string, Promise<boolean>>();
  readonly #fetched = new Set<string>();

  /** @param revision - of a repository on the Hub; null for any other folder */
  static async open(
    path: string,
    revision: string | null,
    cache: WebCache,
    options: HubOptions,
  ): Promise<WebFolder> {
    const folder = new WebFolder(path, revision, cache, options);
    if (!(await folder.provide(optionalFile)) && !options.localFilesOnly) {
      await cache.put(folder.#url(optionalFile), new Response("{}"));
    }
    return folder;
  }

  private constructor(path: string, revision: string | null, cache: WebCache, options: HubOptions) {
    this.path = path;
    this.#pinned = revision !== null && isCommit(revision);
    this.#commit = this.#pinned ? revision : null;
    this.#cache = cache;
    this.#options = options;
  }

  get offline(): boolean {
    return this.#options.localFilesOnly ?? false;
  }

  get commit(): string | null {
    return this.#commit;
  }

  async read(name: string): Promise<string | null> {
    if (!(await this.provide(name))) return null;
    return (await this.#cache.match(this.#url(name)))?.text() ?? null;
  }

  provide(name: string): Promise<boolean> {
    const provided = this.#provided.get(name) ?? this.#provide(name);
    this.#provided.set(name, provided);
    provided.catch(() => this.#provided.delete(name));
    return provided;
  }

  async refetch(name: string): Promise<boolean> {
    // What has come whole a moment ago is not the reason of a failure, such as that of a device
    // that is not there.
    return !this.#options.localFilesOnly && !this.#fetched.has(name) && this.#fetch(name);
  }

  /** A web server does not tell. */
  async list(): Promise<string[]> {
    return [];
  }

  async digest(name: string): Promise<string | null> {
    const response = await this.#cache.match(this.#url(name));
    return response ? digestBlob(await response.blob()) : null;
  }

  async #provide(name: string): Promise<boolean> {
    const { localFilesOnly, token, signal } = this.#options;
    const cached = await this.#cache.match(this.#url(name));
    const current =
      cached &&
      (await isWhole(cached)) &&
      (this.#pinned ||
        localFilesOnly ||
        (await isUnchanged(this.#url(name), cached, { token, signal })));
    if (!current) return !localFilesOnly && this.#fetch(name);
    this.#noteCommit(cached.headers);
    return true;
  }

  async #fetch(name: string): Promise<boolean> {
    const { onDownloadProgress, token, signal } = this.#options;
    const headers = await fetchInto(this.#cache, this.#url(name), {
      token,
      signal,
      onProgress: (loaded, total) => onDownloadProgress?.({ file: name, loaded, total }),
    });
    this.#fetched.add(name);
    if (headers) this.#noteCommit(headers);
    return headers !== null;
  }

  #noteCommit(headers: Headers): void {
    this.#commit ??= headers.get("x-repo-commit");
  }

  #url(name: string): string {
    return `${this.path}/${name}`;
  }
}

/**
 * What Transformers.js 3 asks for with every model that could generate text; without an answer it
 * fails, an empty one will do.
 */
const optionalFile = "generation_config.json";

function isUrl(model: string): boolean {
  return /^(https?:\/\/|\.{0,2}\/)/.test(model);
}

/** Absolute, without the slash at its end. */
function folderUrl(model: string): string {
  const url = new URL(model, globalThis.location?.href);
  url.search = "";
  url.hash = "";
  return url.href.replace(/\/+$/, "");
}
