import { randomUUID } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeFolder } from "@embeddinggemma/internal/node";
import { EmbeddingGemmaError, show } from "../../errors.ts";
import { deriveBytes } from "../derive-bytes.ts";
import type {
  DerivedBytes,
  DerivedBytesMethods,
  HubOptions,
  ModelFolder,
  RandomAccessFile,
} from "../model-folder.ts";
import { digestIfExists, isFile, listFiles, openIfExists, readIfExists } from "../read-files.ts";
import { downloadFile, mayBeDamaged } from "./download.ts";
import { cacheFolder, isOffline } from "./hub-environment.ts";
import { cacheNameOf, isCommit } from "./hub-names.ts";
import { listedButMissing } from "./hub-responses.ts";
import { fileUrl, requestCommit, requestFileNames, requestOptions } from "./repository-requests.ts";

/**
 * One commit of a Hub repository in the cache. Files are downloaded on demand, each completely or
 * not at all. The cache has the layout of Python's `huggingface_hub`:
 *
 * - `models--owner--name/snapshots/<commit>/` contains the files.
 * - `models--owner--name/refs/<revision>` contains the commit of a branch or tag.
 * - `models--owner--name/.no_exist/<commit>/` contains a marker for each file that the repository
 *   does not have: an empty file, or {@link confirmedMissing} if the repository's file list
 *   confirms it.
 * - `models--owner--name/.embeddinggemma/` contains files that are computed from others. Python
 *   does not look there, and deletes it with the model.
 */
export class HubSnapshot implements ModelFolder {
  readonly path: string;
  readonly derived: string;
  readonly commit: string;
  readonly offline: boolean;
  readonly #model: string;
  readonly #options: HubOptions;
  readonly #markers: string;

  private constructor(model: string, repository: string, commit: string, options: HubOptions) {
    this.#model = model;
    this.#options = options;
    this.commit = commit;
    this.offline = isOffline(options);
    this.path = join(repository, "snapshots", commit);
    this.derived = join(repository, ".embeddinggemma");
    this.#markers = join(repository, ".no_exist", commit);
  }

  /**
   * Finds the commit of `revision` on the Hub, or in the cache if downloads are disabled or the Hub
   * is unreachable or failing.
   *
   * @throws `MODEL_NOT_FOUND` if the repository or revision does not exist, or if it is not in the
   * cache when offline; `DOWNLOAD_FAILED` if the Hub fails and the cache does not have it
   * @param mainFile - a file that the repository must have
   */
  static async open(
    model: string,
    options: HubOptions,
    mainFile = "config.json",
  ): Promise<HubSnapshot> {
    const repository = join(cacheFolder(options), cacheNameOf(model));
    const { revision = "main" } = options;
    const reference = join(repository, "refs", revision);
    const referenced = isCommit(revision) ? revision : (await readIfExists(reference))?.trim();
    const cached = referenced !== undefined && isCommit(referenced) ? referenced : undefined;
    if (isOffline(options)) {
      if (!cached) throw notInCache(model, revision, cacheFolder(options));
      return new HubSnapshot(model, repository, cached, options);
    }
    if (cached && isCommit(revision)) return new HubSnapshot(model, repository, cached, options);
    try {
      const attempts = cached ? 1 : undefined;
      const commit = await requestCommit(model, revision, mainFile, options, attempts);
      // Errors are ignored: a complete cache may be read-only, and an incomplete one fails later.
      if (commit !== cached) await writeAtomically(reference, commit).catch(() => {});
      return new HubSnapshot(model, repository, commit, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!cached || !isOutage(error)) throw error;
      return new HubSnapshot(model, repository, cached, { ...options, localFilesOnly: true });
    }
  }

  async read(name: string, confirmMissing = false): Promise<string | null> {
    const found = await this.provide(name, confirmMissing);
    return found ? readFile(join(this.path, name), "utf8") : null;
  }

  async provide(name: string, confirmMissing = false): Promise<boolean> {
    if (await isFile(join(this.path, name))) return true;
    if (this.offline) return false;
    const found = !(await isFile(join(this.#markers, name))) && (await this.#download(name));
    return found || (confirmMissing && (await this.#provideIfListed(name)));
  }

  async mayHave(name: string): Promise<boolean> {
    if (!this.offline) return false;
    const isKnown = [join(this.path, name), join(this.#markers, name)].map(isFile);
    return !(await Promise.all(isKnown)).includes(true);
  }

  async refetch(name: string): Promise<boolean> {
    const path = join(this.path, name);
    if (this.offline || !(await isFile(path))) return false;
    // The file may be intact after all, so it stays until its replacement is complete.
    const isSuspect = await mayBeDamaged(
      this.#url(name),
      path,
      await requestOptions(this.#options),
    );
    return isSuspect && this.#download(name);
  }

  async list(): Promise<readonly string[]> {
    const names = this.offline
      ? null
      : await requestFileNames(this.#model, this.commit, this.#options);
    return names ? [...names] : listFiles(this.path);
  }

  digest(name: string): Promise<string | null> {
    return digestIfExists(join(this.path, name));
  }

  derive(source: string, methods: DerivedBytesMethods): Promise<DerivedBytes> {
    return deriveBytes(this.derived, join(this.path, source), methods);
  }

  open(name: string): Promise<RandomAccessFile | null> {
    return openIfExists(join(this.path, name));
  }

  async #download(name: string): Promise<boolean> {
    const { onDownloadProgress } = this.#options;
    const file = await downloadFile(this.#url(name), join(this.path, name), {
      ...(await requestOptions(this.#options)),
      onProgress: (loaded, total) => onDownloadProgress?.({ file: name, loaded, total }),
    });
    if (!file.found && file.commit === this.commit) await this.#rememberMissing(name, "");
    return file.found;
  }

  /**
   * Looks a missing file up in the repository's file list, once per commit. If it is listed, the
   * 404 of this or an earlier load came from a failing server, so the file is downloaded. If the
   * list cannot be read, the 404 counts, and the next load tries to read the list again.
   */
  async #provideIfListed(name: string): Promise<boolean> {
    const marker = join(this.#markers, name);
    if (this.offline || (await readIfExists(marker)) === confirmedMissing) return false;
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
    // Errors are ignored: with a read-only cache, the next load asks again.
    await writeAtomically(join(this.#markers, name), content).catch(() => {});
  }

  #url(name: string): string {
    return fileUrl(this.#model, this.commit, name, this.#options);
  }
}

const confirmedMissing = "not in the file list of the repository\n";

/** Whether an error means that the Hub is unreachable or failing. */
function isOutage(error: unknown): boolean {
  if (!EmbeddingGemmaError.isInstance(error) || error.code !== "DOWNLOAD_FAILED") return false;
  const status = error.details.status as number | undefined;
  return status === undefined || [404, 408, 429].includes(status) || status >= 500;
}

/** Writes a temporary file and renames it, so that no reader sees half of the content. */
async function writeAtomically(path: string, content: string): Promise<void> {
  await makeFolder(dirname(path));
  const temporary = `${path}.${randomUUID()}.incomplete`;
  await writeFile(temporary, content);
  await rename(temporary, path);
}

function notInCache(model: string, revision: string, cacheDir: string): EmbeddingGemmaError {
  const reason =
    `${show(model)} at revision ${show(revision)} is not in the cache ${cacheDir}, ` +
    "and downloads are disabled";
  return new EmbeddingGemmaError(
    "MODEL_NOT_FOUND",
    `${reason} (localFilesOnly or HF_HUB_OFFLINE). ` +
      "Load it once while online, or pass the path of a folder that contains the model.",
    { model, revision, cacheDir, offline: true, reason: `${reason}.` },
  );
}
