import type { Stats } from "node:fs";
import { lstat, readdir, readFile, realpath, rm, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { nearestOption } from "@embeddinggemma/internal";
import { EmbeddingGemmaError, sentenceOf, show } from "./errors.ts";
import { cacheFolder } from "./files/hub/hub-environment.ts";
import { idOfCacheName } from "./files/hub/hub-names.ts";
import type { HubOptions } from "./files/model-folder.ts";
import type { Dtype } from "./runtime/dtype.ts";
import { namedGraphFile, standardFolder } from "./runtime/graph-file.ts";

/** The cache of models, which Python's `huggingface_hub` shares. */
export interface ModelCache {
  /** Its folder. It may not exist. */
  readonly path: string;
  /** Bytes on disk of all models. */
  readonly size: number;
  /** The one that was used last is the first. */
  readonly models: readonly CachedModel[];
}

/** A repository of the Hub in the cache. */
export interface CachedModel {
  /** Such as `onnx-community/embeddinggemma-300m-ONNX`. */
  readonly id: string;
  /** Its folder in the cache. */
  readonly path: string;
  /** Bytes on disk, which is what its removal frees. A file of several revisions counts once. */
  readonly size: number;
  /** Bytes of {@link CachedModel.size} that were computed from its files and can be again. */
  readonly computedSize: number;
  /** Parts of files whose download did not finish. They are in {@link CachedModel.size}. */
  readonly unfinished: readonly CachedFile[];
  /** When a file was last read or written, as exactly as the file system keeps it. */
  readonly lastUsed: Date | null;
  /** The one that was downloaded last is the first. */
  readonly revisions: readonly CachedRevision[];
}

/** A commit of a repository in the cache. */
export interface CachedRevision {
  readonly commit: string;
  /** Branches and tags that were this commit when they were last looked up. */
  readonly references: readonly string[];
  /** Folder of its files. */
  readonly path: string;
  readonly files: readonly CachedFile[];
  /** Which ONNX files of the folder `onnx` are there, by the option `dtype` that loads them. */
  readonly dtypes: readonly Dtype[];
}

/** A file in the cache. */
export interface CachedFile {
  /** Path in the folder of the revision, for an unfinished one in that of the model. */
  readonly name: string;
  /** In bytes; null if it is a link, as Python makes them, to a file that is gone. */
  readonly size: number | null;
}

/** See `scanModelCache`. */
export async function readCache(options: HubOptions): Promise<ModelCache> {
  const path = cacheFolder(options);
  return inCache(path, async () => {
    const names = await foldersIn(path, (name) => idOfCacheName(name) !== undefined);
    const found = await Promise.all(names.map((name) => readModel(path, name)));
    const models = found.filter((model) => model !== undefined);
    return {
      path,
      size: models.reduce((sum, { size }) => sum + size, 0),
      models: models.sort((a, b) => Number(b.lastUsed) - Number(a.lastUsed)),
    };
  });
}

/** See `removeCachedModel`. */
export async function removeFromCache(id: string, options: HubOptions): Promise<CachedModel> {
  const { path: cache, models } = await readCache(options);
  const model = models.find((one) => one.id === id);
  if (!model) throw notInCache(id, cache, models);
  const { path } = model;
  const target = await inCache(cache, () => targetOfLink(path));
  if (target !== null) {
    throw new EmbeddingGemmaError(
      "INVALID_ARGUMENT",
      `${show(id)} is not removed, since ${path} is a link to another folder, ${target}. ` +
        "Delete both yourself if nothing else uses that folder.",
      { id, path, target },
    );
  }
  // It deletes links, not what they name.
  await inCache(cache, () => rm(path, { recursive: true }));
  return model;
}

/** Undefined for a folder of something else. */
async function readModel(cache: string, name: string): Promise<CachedModel | undefined> {
  const id = idOfCacheName(name);
  if (id === undefined) return undefined;
  const path = join(cache, name);
  const [entries, revisions] = await Promise.all([entriesIn(path), readRevisions(path)]);
  const computed = join(path, ".embeddinggemma") + sep;
  const files = distinct(entries);
  const times = files.map(({ stats }) => Math.max(stats.atimeMs, stats.mtimeMs));
  return {
    id,
    path,
    size: sizeOf(files),
    computedSize: sizeOf(files.filter((file) => file.path.startsWith(computed))),
    unfinished: files
      .filter(({ path }) => isUnfinished(path))
      .map((file) => ({ name: nameIn(path, file.path), size: file.stats.size })),
    lastUsed: files.length > 0 ? new Date(Math.max(...times)) : null,
    revisions,
  };
}

async function readRevisions(path: string): Promise<CachedRevision[]> {
  const references = await readReferences(join(path, "refs"));
  const snapshots = join(path, "snapshots");
  const revisions = await Promise.all(
    (await foldersIn(snapshots)).map(async (commit) => {
      const folder = join(snapshots, commit);
      const [stats, entries] = await Promise.all([
        stat(folder).catch(nullIfGone),
        entriesIn(folder),
      ]);
      const files = await Promise.all(
        entries
          .filter((entry) => !isUnfinished(entry.path))
          .map(async (entry) => ({
            name: nameIn(folder, entry.path),
            size: await sizeBehind(entry),
          })),
      );
      return {
        mtimeMs: stats?.mtimeMs ?? 0,
        commit,
        references: references.filter((one) => one.commit === commit).map(({ name }) => name),
        path: folder,
        files,
        dtypes: dtypesOf(files),
      };
    }),
  );
  return revisions
    .sort((a, b) => b.mtimeMs - a.mtimeMs)
    .map(({ mtimeMs: _, ...revision }) => revision);
}

function dtypesOf(files: readonly CachedFile[]): Dtype[] {
  const graphs = files.flatMap(({ name, size }) => {
    const isGraph =
      size !== null && name.startsWith(`${standardFolder}/`) && name.endsWith(".onnx");
    return isGraph ? (namedGraphFile({ modelFile: name }) ?? []) : [];
  });
  return [...new Set(graphs.map(({ dtype }) => dtype))];
}

async function readReferences(folder: string): Promise<{ name: string; commit: string }[]> {
  return Promise.all(
    (await entriesIn(folder)).map(async ({ path }) => ({
      name: nameIn(folder, path),
      commit: ((await readFile(path, "utf8").catch(nullIfGone)) ?? "").trim(),
    })),
  );
}

/** A file or a link. */
interface Entry {
  readonly path: string;
  readonly stats: Stats;
}

/** Files and links in a folder and in the folders in it. Never follows a link in it. */
async function entriesIn(folder: string): Promise<Entry[]> {
  const entries = await Promise.all(
    (await namesIn(folder)).map(async (name) => {
      const path = join(folder, name);
      const stats = await lstat(path).catch(nullIfGone);
      if (stats?.isDirectory()) return entriesIn(path);
      return stats ? [{ path, stats }] : [];
    }),
  );
  return entries.flat();
}

/** Files, each once, also if it has several names. */
function distinct(entries: readonly Entry[]): Entry[] {
  const files = entries.filter(({ stats }) => stats.isFile());
  return [...new Map(files.map((file) => [`${file.stats.dev} ${file.stats.ino}`, file])).values()];
}

function sizeOf(files: readonly Entry[]): number {
  return files.reduce((sum, { stats }) => sum + stats.size, 0);
}

/** The folder behind a link; null for a folder, and for a link to one that is gone. */
async function targetOfLink(path: string): Promise<string | null> {
  return (await lstat(path)).isSymbolicLink() ? realpath(path).catch(nullIfGone) : null;
}

async function sizeBehind({ path, stats }: Entry): Promise<number | null> {
  if (!stats.isSymbolicLink()) return stats.size;
  return (await stat(path).catch(nullIfGone))?.size ?? null;
}

function isUnfinished(path: string): boolean {
  return path.endsWith(".incomplete");
}

/** The path in a folder, with slashes on Windows, too. */
function nameIn(folder: string, path: string): string {
  return relative(folder, path).replaceAll(sep, "/");
}

/** Names in a folder; empty if there is none. */
async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(nullIfGone)) ?? [];
}

/** Names of the folders in a folder, and of links to folders, which may be gone. */
async function foldersIn(folder: string, isMeant = (_name: string) => true): Promise<string[]> {
  const names = (await namesIn(folder)).filter(isMeant);
  const folders = names.map(async (name) => {
    const stats = await stat(join(folder, name)).catch(nullIfGone);
    return stats === null || stats.isDirectory() ? [name] : [];
  });
  return (await Promise.all(folders)).flat();
}

/** Another process may delete files meanwhile, and links may lead to nothing or to themselves. */
function nullIfGone(error: NodeJS.ErrnoException): null {
  if (["ENOENT", "ENOTDIR", "ELOOP"].includes(error.code!)) return null;
  throw error;
}

/** @throws `CACHE_FAILED` for an error of the file system */
function inCache<T>(path: string, action: () => Promise<T>): Promise<T> {
  return action().catch((cause: unknown) => {
    throw new EmbeddingGemmaError(
      "CACHE_FAILED",
      `The cache of models ${path} could not be read or changed: ${sentenceOf(cause)} ` +
        "Give this user permission, or choose another folder with the option `cacheDir` or with " +
        "HF_HUB_CACHE.",
      { cacheDir: path },
      { cause },
    );
  });
}

function notInCache(id: string, path: string, models: readonly CachedModel[]): EmbeddingGemmaError {
  const ids = models.map((model) => model.id);
  const nearest = nearestOption(id, ids);
  const advice =
    nearest !== undefined
      ? ` Did you mean ${show(nearest)}?`
      : ` It has ${ids.length > 0 ? ids.join(", ") : "no models"}.`;
  return new EmbeddingGemmaError(
    "MODEL_NOT_FOUND",
    `${show(id)} is not in the cache ${path}.${advice}`,
    { id, cacheDir: path },
  );
}
