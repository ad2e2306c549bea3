import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { EmbeddingGemmaError, show } from "../../errors.ts";
import type { HubOptions, ModelFolder } from "../model-folder.ts";
import { digestIfThere, isFile, listIfThere, readIfThere } from "../read-files.ts";
import { downloadFile, mayBeDamaged } from "./download.ts";
import { fileNamesOf, listedButMissing, repositoryUrl } from "./hub-answers.ts";
import { accessToken, cacheFolder, hubAddress, isOffline } from "./hub-environment.ts";
import { isCommit } from "./hub-names.ts";
import { type RequestOptions, requestFile, requestText } from "./hub-request.ts";

/**
 * One commit of a Hub repository in the cache: `models--owner--name/snapshots/<commit>/`, with
 * `refs/<revision>` naming the commit, as in Python's `huggingface_hub`. Files are downloaded on
 * demand, whole or not at all. A file that the repository does not have is remembered as an empty
 * file in `.no_exist/<commit>/`; one that its file list confirms to be missing, as a file with
 * {@link confirmedMissing}.
 */
export class HubSnapshot implements ModelFolder {
  readonly path: string;
  readonly commit: string;
  readonly offline: boolean;
  readonly #model: string;
  readonly #options: HubOptions;
  readonly #missing: string;

  private constructor(model: string, repository: string, commit: string, options: HubOptions) {
    this.#model = model;
    this.#options = options;
    this.commit = commit;
    this.offline = isOffline(options);
    this.path = join(repository, "snapshots", commit);
    this.#missing = join(repository, ".no_exist", commit);
  }

  /**
   * Finds the commit of `revision`. Asks the Hub; if it cannot be asked, cannot be reached or is
   * out of order, uses the commit in the cache.
   *
   * @throws `MODEL_NOT_FOUND` if there is no such repository or revision, or nothing in the cache
   * while offline; `DOWNLOAD_FAILED` if neither Hub nor cache has an answer
   */
  static async open(model: string, options: HubOptions): Promise<HubSnapshot> {
    const repository = join(cacheFolder(options), `models--${model.replace("/", "--")}`);
    const { revision = "main" } = options;
    const reference = join(repository, "refs", revision);
    const referenced = isCommit(revision) ? revision : (await readIfThere(reference))?.trim();
    const cached = referenced !== undefined && isCommit(referenced) ? referenced : undefined;
    if (isOffline(options)) {
      if (!cached) throw notInCache(model, revision, cacheFolder(options));
      return new HubSnapshot(model, repository, cached, options);
    }
    if (cached && isCommit(revision)) return new HubSnapshot(model, repository, cached, options);
    try {
      const commit = await requestCommit(model, revision, options, cached ? 1 : undefined);
      // Ignores errors: a complete cache may be read-only, and an incomplete one fails later.
      if (commit !== cached) await writeWhole(reference, commit).catch(() => {});
      return new HubSnapshot(model, repository, commit, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!cached || !isOutage(error)) throw error;
      return new HubSnapshot(model, repository, cached, { ...options, localFilesOnly: true });
    }
  }

  async read(name: string, confirmMissing = false): Promise<string | null> {
    const found =
      (await this.provide(name)) || (confirmMissing && (await this.#provideIfListed(name)));
    return found ? readFile(join(this.path, name), "utf8") : null;
  }

  async provide(name: string): Promise<boolean> {
    if (await isFile(join(this.path, name))) return true;
    if (this.offline || (await isFile(join(this.#missing, name)))) return false;
    return this.#download(name);
  }

  async refetch(name: string): Promise<boolean> {
    const path = join(this.path, name);
    if (this.offline || !(await isFile(path))) return false;
    // The file may be large and intact. It stays in place until another has come.
    const isSuspect = await mayBeDamaged(
      this.#url(name),
      path,
      await requestOptions(this.#options),
    );
    return isSuspect && this.#download(name);
  }

  list(folder: string): Promise<string[]> {
    return listIfThere(join(this.path, folder));
  }

  digest(name: string): Promise<string | null> {
    return digestIfThere(join(this.path, name));
  }

  async #download(name: string): Promise<boolean> {
    const { onDownloadProgress } = this.#options;
    const answer = await downloadFile(this.#url(name), join(this.path, name), {
      ...(await requestOptions(this.#options)),
      onProgress: (loaded, total) => onDownloadProgress?.({ file: name, loaded, total }),
    });
    if (!answer.found && answer.commit === this.commit) await this.#rememberMissing(name, "");
    return answer.found;
  }

  /**
   * Looks a missing file up in the repository's file list, once per commit, and downloads it if it
   * is listed after all. Then the 404, now or in the past, came from a server that was out of
   * order. If the list cannot be read, the 404 counts, and the next load asks for the list again.
   */
  async #provideIfListed(name: string): Promise<boolean> {
    const marker = join(this.#missing, name);
    if (this.offline || (await readIfThere(marker)) === confirmedMissing) return false;
    const names = await requestFileNames(this.#model, this.commit, this.#options);
    if (!names?.has(name)) {
      if (names) await this.#rememberMissing(name, confirmedMissing);
      return false;
    }
    await rm(marker, { force: true }).catch(() => {});
    if (await this.#download(name)) return true;
    throw listedButMissing(this.#model, name, this.#url(name));
  }

  async #rememberMissing(name: string, content: string): Promise<void> {
    // Ignores errors: with a read-only cache, the next load asks again.
    await writeWhole(join(this.#missing, name), content).catch(() => {});
  }

  #url(name: string): string {
    return fileUrl(this.#model, this.commit, name, this.#options);
  }
}

const confirmedMissing = "not in the file list of the repository\n";

/** Whether the Hub cannot be reached, or cannot answer now. */
function isOutage(error: unknown): boolean {
  if (!EmbeddingGemmaError.isInstance(error) || error.code !== "DOWNLOAD_FAILED") return false;
  const status = error.details.status as number | undefined;
  return status === undefined || [404, 408, 429].includes(status) || status >= 500;
}

/** Writes under another name first, so that nobody reads half of a file. */
async function writeWhole(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.${randomUUID()}.incomplete`;
  await writeFile(partial, content);
  await rename(partial, path);
}

function fileUrl(model: string, revision: string, name: string, options: HubOptions): string {
  return `${hubAddress(options)}/${model}/resolve/${encodeURIComponent(revision)}/${name}`;
}

async function requestOptions(options: HubOptions): Promise<RequestOptions> {
  const { signal } = options;
  const token = await accessToken(options);
  return { ...(token && { token }), ...(signal && { signal }) };
}

async function requestCommit(
  model: string,
  revision: string,
  options: HubOptions,
  attempts: number | undefined,
): Promise<string> {
  const url = fileUrl(model, revision, "config.json", options);
  const file = await requestFile(url, {
    ...(await requestOptions(options)),
    method: "HEAD",
    ...(attempts && { attempts }),
  });
  if (!file.found) {
    throw new EmbeddingGemmaError(
      "MODEL_NOT_FOUND",
      `${show(model)} at revision ${show(revision)} has no config.json (${url}).`,
      { model, revision, url, status: 404 },
    );
  }
  if (file.commit !== null && isCommit(file.commit)) return file.commit;
  // As in huggingface_hub: without the commit, files of two versions could be mixed unnoticed.
  throw new EmbeddingGemmaError(
    "DOWNLOAD_FAILED",
    `The answer of ${url} has no header x-repo-commit, so it does not come from a Hub: ` +
      `it may be a proxy's page, or a mirror that does not tell the commit of ${show(revision)}. ` +
      "Check the proxy and HF_ENDPOINT, set the option `revision` to a commit, " +
      "or pass the path of a folder that has the model.",
    { model, revision, url },
  );
}

/** Names of the files of a commit; null if the server does not tell. */
async function requestFileNames(
  model: string,
  commit: string,
  options: HubOptions,
): Promise<ReadonlySet<string> | null> {
  const url = repositoryUrl(hubAddress(options), model, commit);
  const request = { ...(await requestOptions(options)), attempts: 1 };
  const description = await requestText(url, request).catch(() => null);
  options.signal?.throwIfAborted();
  return description === null ? null : fileNamesOf(description);
}

function notInCache(model: string, revision: string, cacheDir: string): EmbeddingGemmaError {
  return new EmbeddingGemmaError(
    "MODEL_NOT_FOUND",
    `${show(model)} at revision ${show(revision)} is not in the cache ${cacheDir}, ` +
      "and downloads are disabled (localFilesOnly or HF_HUB_OFFLINE). " +
      "Load it once with a network, or pass the path of a folder that has its files.",
    { model, revision, cacheDir },
  );
}
