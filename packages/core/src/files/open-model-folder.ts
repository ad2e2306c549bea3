import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { EmbeddingGemmaError, reasonOf, show } from "../errors.ts";
import { expandUser, lacksHome } from "./expand-path.ts";
import { isRepositoryId } from "./hub/hub-names.ts";
import { HubSnapshot } from "./hub/hub-snapshot.ts";
import type { HubOptions, ModelFolder } from "./model-folder.ts";
import {
  digestIfExists,
  isFile,
  isFolder,
  listFiles,
  openIfExists,
  readIfExists,
} from "./read-files.ts";
import { refuseRevision } from "./refuse-revision.ts";

/**
 * Opens a model: a local folder if there is one (a path or `file:` URL), else a repository on the
 * Hub.
 *
 * @throws `MODEL_NOT_FOUND`, `DOWNLOAD_FAILED`, `INVALID_ARGUMENT` for a `revision` of a folder
 */
export async function openModelFolder(model: string, options: HubOptions): Promise<ModelFolder> {
  const path = absolutePath(model);
  if (await isReadableFolder(path)) {
    refuseRevision(path, options);
    return localFolder(path);
  }
  if (isRepositoryId(model)) return HubSnapshot.open(model, options);
  throw new EmbeddingGemmaError(
    "MODEL_NOT_FOUND",
    `There is no folder ${path}, and ${show(model)} is not the id of a repository on the Hub, ` +
      'such as "onnx-community/embeddinggemma-300m-ONNX".',
    { model, path },
  );
}

async function isReadableFolder(path: string): Promise<boolean> {
  try {
    return await isFolder(path);
  } catch (cause) {
    throw new EmbeddingGemmaError(
      "MODEL_FILE_INVALID",
      `The folder ${path} cannot be read: ${reasonOf(cause)}. Give this process permission: ` +
        "in the file system, or in Node's permission model with `--allow-fs-read`.",
      { folder: path },
      { cause },
    );
  }
}

/** Takes a path, in which a leading `~` is the home folder, or a `file:` URL. */
function absolutePath(model: string): string {
  if (model.startsWith("file:")) return folderOfUrl(model);
  if (!lacksHome(model)) return resolve(expandUser(model));
  throw new EmbeddingGemmaError(
    "MODEL_NOT_FOUND",
    `${show(model)} is in the home folder, but this user has none: HOME is not set, and the ` +
      "system names none. Set HOME, or give the path of the folder without `~`.",
    { model },
  );
}

function folderOfUrl(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new EmbeddingGemmaError(
      "INVALID_ARGUMENT",
      `${show(url)} is not the URL of a folder on this machine: ${reasonOf(cause)}. ` +
        'Use a URL such as "file:///models/tiny", or a path.',
      { model: url },
      { cause },
    );
  }
}

function localFolder(path: string): ModelFolder {
  return {
    path,
    commit: null,
    offline: false,
    read: (name) => readIfExists(join(path, name)),
    provide: (name) => isFile(join(path, name)),
    refetch: async () => false,
    list: () => listFiles(path),
    digest: (name) => digestIfExists(join(path, name)),
    open: (name) => openIfExists(join(path, name)),
  };
}
