import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { EmbeddingGemmaError, show } from "../../errors.ts";
import type { HubOptions, ModelFolder } from "../model-folder.ts";
import { digestIfThere, isFile, listIfThere, readIfThere } from "../read-files.ts";
import { downloadFile, mayBeDamaged } from "./download.ts";
import { accessToken, cacheFolder, hubAddress, isOffline } from "./hub-environment.ts";
import { isCommit } from "./hub-names.ts";
import { requestFile } from "./hub-request.ts";

/**
 * One commit of a Hub repository in the cache: `models--owner--name/snapshots/<commit>/`, with
 * `refs/<revision>` naming the commit, as in Python's `huggingface_hub`. Files come when they are
 * asked for; a file is there whole or not at all. What the repository lacks is remembered under
 * `.no_exist/<commit>/`.
 */
export class HubSnapshot implements ModelFolder {
  readonly path: string;
  readonly commit: string;
  readonly offline: boolean;
  readonly #model: string;
  readonly #options: HubOptions;
  readonly #absent: string;

  private constructor(model: string, repository: string, commit: string, options: HubOptions) {
    this.#model = model;
    this.#options = options;
    this.commit = commit;
    this.offline = isOffline(options);
    this.path = join(repository, "snapshots", commit);
    this.#absent = join(repository, ".no_exist", commit);
  }

  /**
   * Finds the commit that `revision` names: asks the Hub, or the cache where the Hub may not be
   * asked, cannot be reached or is out of order.
   *
   * @throws `MODEL_NOT_FOUND` where there is no such repository, `DOWNLOAD_FAILED` where neither
   * Hub nor cache answers
   */
  static async open(model: string, options: HubOptions): Promise<HubSnapshot> {
    const repository = join(cacheFolder(options), `models--${model.replace("/", "--")}`);
    const revision = options.revision ?? "main";
    const reference = join(repository, "refs", revision);
    const referred = isCommit(revision) ? revision : (await readIfThere(reference))?.trim();
    const cached = referred !== undefined && isCommit(referred) ? referred : undefined;
    if (isOffline(options)) {
      if (cached) return new HubSnapshot(model, repository, cached, options);
      throw new EmbeddingGemmaError(
        "MODEL_NOT_FOUND",
        `${show(model)} at revision ${show(revision)} is not in the cache ${cacheFolder(options)}, and nothing may be downloaded (localFilesOnly or HF_HUB_OFFLINE). ` +
          "Load it once with a network, or pass the path of a folder that has its files.",
        { model, revision, cacheDir: cacheFolder(options) },
      );
    }
    if (cached && isCommit(revision)) return new HubSnapshot(model, repository, cached, options);
    try {
      const commit = await askCommit(
        model,
        revision,
        options,
        cached === undefined ? undefined : 1,
      );
      // A cache that has all that is needed may be read-only; where something is missing, its
      // download will say so.
      if (commit !== cached) await writeWhole(reference, commit).catch(() => {});
      return new HubSnapshot(model, repository, commit, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!cached || !isOutage(error)) throw error;
      return new HubSnapshot(model, repository, cached, { ...options, localFilesOnly: true });
    }
  }

  async read(name: string): Promise<string | null> {
    return (await this.provide(name)) ? readFile(join(this.path, name), "utf8") : null;
  }

  async provide(name: string): Promise<boolean> {
    const path = join(this.path, name);
    if (await isFile(path)) return true;
    const absent = join(this.#absent, name);
    if (this.offline || (await isFile(absent))) return false;
    const found = await this.#download(name);
    // What cannot be noted is asked for again.
    if (!found) await writeWhole(absent, "").catch(() => {});
    return found;
  }

  async refetch(name: string): Promise<boolean> {
    const path = join(this.path, name);
    if (this.offline || !(await isFile(path))) return false;
    // What went wrong may have another reason, and the file may be large. Until another one has
    // come whole, this one stays.
    const url = fileUrl(this.#model, this.commit, name, this.#options);
    return (
      (await mayBeDamaged(url, path, await requestOptions(this.#options))) && this.#download(name)
    );
  }

  list(folder: string): Promise<string[]> {
    return listIfThere(join(this.path, folder));
  }

  digest(name: string): Promise<string | null> {
    return digestIfThere(join(this.path, name));
  }

  async #download(name: string): Promise<boolean> {
    return downloadFile(
      fileUrl(this.#model, this.commit, name, this.#options),
      join(this.path, name),
      {
        ...(await requestOptions(this.#options)),
        onProgress: (loaded, total) =>
          this.#options.onDownloadProgress?.({ file: name, loaded, total }),
      },
    );
  }
}

/** Whether the Hub cannot be reached, or answers that it cannot answer now. */
function isOutage(error: unknown): boolean {
  if (!EmbeddingGemmaError.isInstance(error) || error.code !== "DOWNLOAD_FAILED") return false;
  const status = error.details.status as number | undefined;
  return status === undefined || status === 408 || status === 429 || status >= 500;
}

/** Under another name first, so that nobody reads half of it. */
async function writeWhole(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.${randomUUID()}.incomplete`;
  await writeFile(partial, content);
  await rename(partial, path);
}

function fileUrl(model: string, revision: string, name: string, options: HubOptions): string {
  return `${hubAddress(options)}/${model}/resolve/${encodeURIComponent(revision)}/${name}`;
}

async function requestOptions(options: HubOptions) {
  const { signal } = options;
  const token = await accessToken(options);
  return { ...(token && { token }), ...(signal && { signal }) };
}

async function askCommit(
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
  if (file === null) {
    throw new EmbeddingGemmaError(
      "MODEL_NOT_FOUND",
      `The Hub has no ${show(model)} at revision ${show(revision)}, or the repository has no config.json (${url}).`,
      { model, revision, url, status: 404 },
    );
  }
  if (file.commit !== null && isCommit(file.commit)) return file.commit;
  // As in huggingface_hub: without a commit nobody would notice that files of two versions are
  // mixed.
  throw new EmbeddingGemmaError(
    "DOWNLOAD_FAILED",
    `${url} was answered without the header x-repo-commit, so not by a Hub: by a proxy's page, or a mirror that does not tell which commit ${show(revision)} is. ` +
      "Check the proxy and HF_ENDPOINT, set the option `revision` to a commit, or pass the path of a folder that has the model.",
    { model, revision, url },
  );
}
