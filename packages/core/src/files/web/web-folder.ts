import { digestBlob } from "../../digest.ts";
import { EmbeddingGemmaError, show, withAdvice } from "../../errors.ts";
import { encodePath, isCommit, isRepositoryId } from "../hub/hub-names.ts";
import { fileNamesOf, listedButMissing, repositoryUrl } from "../hub/hub-responses.ts";
import type {
  DerivedBytes,
  DerivedBytesMethods,
  HubOptions,
  ModelFolder,
  RandomAccessFile,
} from "../model-folder.ts";
import { refuseRevision } from "../refuse-revision.ts";
import { deriveInCache } from "./derive-in-cache.ts";
import { hubAddressOf, openTransformersCache } from "./transformers-browser.ts";
import type { WebCache } from "./web-cache.ts";
import { fetchInto, fetchText, isComplete, isUnchanged } from "./web-fetch.ts";

/**
 * Opens a model in a browser: the URL of a folder, such as `https://example.org/models/tiny/` or
 * `/models/tiny/`, or the id of a repository on the Hub.
 *
 * @throws `MODEL_NOT_FOUND`, `DOWNLOAD_FAILED`, `INVALID_ARGUMENT` for a `revision` of a folder
 */
export async function openWebFolder(model: string, options: HubOptions): Promise<ModelFolder> {
  const cache = await openTransformersCache();
  if (isUrl(model)) {
    refuseRevision(model, options);
    return WebFolder.open(folderUrl(model), null, cache, options);
  }
  if (!isRepositoryId(model)) {
    throw new EmbeddingGemmaError(
      "MODEL_NOT_FOUND",
      `${show(model)} is neither the URL of a folder, ` +
        'such as "https://example.org/models/tiny/" or "/models/tiny/", ' +
        'nor the id of a repository on the Hub, such as "onnx-community/embeddinggemma-300m-ONNX".',
      { model },
    );
  }
  const { revision = "main", endpoint } = options;
  const { host, folder } = await hubAddressOf(model, revision, endpoint);
  const opening = WebFolder.open(folder, { host, model, revision }, cache, options);
  return opening.catch((error: unknown) => {
    const name = show(model);
    const advice = `If ${name} is a folder on a web server, begin it with "/", "./" or "https:".`;
    throw mayBeFolder(error) ? withAdvice(error, advice) : error;
  });
}

/** Whether the Hub has no such repository, or did not answer. */
function mayBeFolder(error: unknown): error is EmbeddingGemmaError {
  return (
    EmbeddingGemmaError.isInstance(error) &&
    ["MODEL_NOT_FOUND", "DOWNLOAD_FAILED"].includes(error.code)
  );
}

/** A repository on a host that is a Hub, or serves only the files of repositories. */
interface Repository {
  readonly host: string;
  readonly model: string;
  readonly revision: string;
}

/**
 * A folder on a web server. Its files are stored in the cache of Transformers.js, under the keys
 * that Transformers.js looks up. A file that has changed on the server is fetched again.
 */
class WebFolder implements ModelFolder {
  readonly path: string;
  readonly derived = null;
  readonly #repository: Repository | null;
  readonly #isPinned: boolean;
  readonly #cache: WebCache;
  readonly #options: HubOptions;
  readonly #provided = new Map<string, Promise<boolean>>();
  readonly #fetched = new Set<string>();
  readonly #whyMissing = new Map<string, string>();
  /** Whether the folder has a file, other than one that this class adds to the cache. */
  #hasFiles = false;
  #commit: string | null;
  /** Set by the first response with a commit, which only a Hub sends. */
  #isHub = false;

  static async open(
    path: string,
    repository: Repository | null,
    cache: WebCache,
    options: HubOptions,
  ): Promise<WebFolder> {
    const folder = new WebFolder(path, repository, cache, options);
    if (!(await folder.provide(optionalFile)) && !options.localFilesOnly) {
      const put = () => cache.put(folder.#url(optionalFile), new Response("{}"));
      await (cache.retriesInMemory ? put().catch(put) : put());
    }
    return folder;
  }

  private constructor(
    path: string,
    repository: Repository | null,
    cache: WebCache,
    options: HubOptions,
  ) {
    this.path = path;
    this.#repository = repository;
    this.#isPinned = repository !== null && isCommit(repository.revision);
    this.#commit = this.#isPinned ? repository!.revision : null;
    this.#cache = cache;
    this.#options = options;
  }

  get offline(): boolean {
    return this.#options.localFilesOnly ?? false;
  }

  get commit(): string | null {
    return this.#commit;
  }

  async read(name: string, confirmMissing = false): Promise<string | null> {
    if (!(await this.provide(name, confirmMissing))) return null;
    return (await this.#cache.match(this.#url(name)))?.text() ?? null;
  }

  async provide(name: string, confirmMissing = false): Promise<boolean> {
    const provided = this.#provided.get(name) ?? this.#provide(name);
    this.#provided.set(name, provided);
    provided.catch(() => this.#provided.delete(name));
    if (await provided) {
      this.#hasFiles ||= name !== optionalFile;
      return true;
    }
    if (confirmMissing) await this.#confirmMissing(name);
    return false;
  }

  whyMissing(name: string): string | undefined {
    const reason = this.#whyMissing.get(name);
    const isEmpty = this.#repository === null && !this.#hasFiles;
    return reason && isEmpty ? `${reason} ${noFiles}` : reason;
  }

  async mayHave(name: string): Promise<boolean> {
    return this.offline && !(await this.provide(name));
  }

  async refetch(name: string): Promise<boolean> {
    // A file that this load has fetched is intact, so the load failed for another reason.
    return !this.offline && !this.#fetched.has(name) && this.#fetch(name);
  }

  /** Empty unless the server is a Hub, since other servers do not list their files. */
  async list(): Promise<readonly string[]> {
    return [...((await this.#fileNames()) ?? [])];
  }

  async digest(name: string): Promise<string | null> {
    const response = await this.#cache.match(this.#url(name));
    return response ? digestBlob(await response.blob()) : null;
  }

  async derive(source: string, methods: DerivedBytesMethods): Promise<DerivedBytes> {
    const { bytes, url } = await deriveInCache(this.#cache, this.#url(source), methods);
    if (url === null) return { bytes, file: null };
    const name = decodeURIComponent(url.slice(this.path.length + 1));
    return { bytes, file: { name, discard: async () => void (await this.#cache.delete?.(url)) } };
  }

  async open(name: string): Promise<RandomAccessFile | null> {
    const response = await this.#cache.match(this.#url(name));
    if (!response) return null;
    const blob = await response.blob();
    return {
      size: blob.size,
      read: async (start, length) =>
        new Uint8Array(await blob.slice(start, start + length).arrayBuffer()),
      close: async () => {},
    };
  }

  get #fetchOptions() {
    const { token, signal } = this.#options;
    return { token, signal, isHub: this.#isHub, isFolder: this.#repository === null };
  }

  async #provide(name: string): Promise<boolean> {
    const url = this.#url(name);
    const cached = await this.#cache.match(url);
    if (!cached || !(await isComplete(cached))) return !this.offline && this.#fetch(name);
    this.#detectHub(cached.headers);
    const isCurrent =
      this.#isPinned || this.offline || (await isUnchanged(url, cached, this.#fetchOptions));
    if (!isCurrent) return this.#fetch(name);
    this.#rememberCommit(cached.headers);
    return true;
  }

  async #fetch(name: string): Promise<boolean> {
    const { onDownloadProgress } = this.#options;
    const { found, headers, whyMissing } = await fetchInto(this.#cache, this.#url(name), {
      ...this.#fetchOptions,
      onProgress: (loaded, total) => onDownloadProgress?.({ file: name, loaded, total }),
    });
    this.#detectHub(headers);
    this.#rememberCommit(headers);
    if (found) this.#fetched.add(name);
    if (whyMissing) this.#whyMissing.set(name, whyMissing);
    return found;
  }

  /** Looks a missing file up in the repository's file list, if the server has one. */
  async #confirmMissing(name: string): Promise<void> {
    if ((await this.#fileNames())?.has(name)) {
      throw listedButMissing(this.#repository!.model, name, this.#url(name));
    }
  }

  async #fileNames(): Promise<ReadonlySet<string> | null> {
    if (this.offline || !this.#isHub) return null;
    const { host, model, revision } = this.#repository!;
    const url = repositoryUrl(host, model, this.#commit ?? revision);
    const description = await fetchText(url, this.#fetchOptions);
    return description === null ? null : fileNamesOf(description);
  }

  #detectHub(headers: Headers): void {
    this.#isHub ||= this.#repository !== null && headers.has("x-repo-commit");
  }

  #rememberCommit(headers: Headers): void {
    this.#commit ??= headers.get("x-repo-commit");
  }

  #url(name: string): string {
    return `${this.path}/${encodePath(name)}`;
  }
}

/**
 * Transformers.js 3 requests this file for every model that could generate text, and fails if it is
 * missing. An empty object is enough.
 */
const optionalFile = "generation_config.json";

const noFiles =
  "It has sent no file of this folder: check the URL, and that this page may read the files.";

function isUrl(model: string): boolean {
  return /^(https?:\/\/|\.{0,2}\/)/.test(model);
}

/** Absolute URL, without a slash at the end. */
function folderUrl(model: string): string {
  const url = new URL(model, globalThis.location?.href);
  url.search = "";
  url.hash = "";
  return url.href.replace(/\/+$/, "");
}
