import { dirname, join } from "node:path";
import { folderKind, localPath } from "@embeddinggemma/internal/node";
import { EmbeddingGemmaError, sentenceOf, show } from "../errors.ts";
import { deriveBytes } from "./derive-bytes.ts";
import { assetsFolder } from "./hub/hub-environment.ts";
import { idInHubUrl, isRepositoryId } from "./hub/hub-names.ts";
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
    await refuseOther(path);
    return localFolder(path);
  }
  if (isRepositoryId(model)) return HubSnapshot.open(model, options);
  throw new EmbeddingGemmaError(
    "MODEL_NOT_FOUND",
    `There is no folder ${path}, and ${show(model)} is not the id of a repository on the Hub, ` +
      `such as "onnx-community/embeddinggemma-300m-ONNX".${await advice(model, path)}`,
    { model, path },
  );
}

async function advice(model: string, path: string): Promise<string> {
  if (model === "tiny" || model === "@embeddinggemma/tiny-model")
    return " For the tiny model, pass the `modelPath` that @embeddinggemma/tiny-model exports.";
  if (!(await isFile(path))) return "";
  return " It is a file. Pass the folder of its model, which has config.json.";
}

async function isReadableFolder(path: string): Promise<boolean> {
  try {
    return await isFolder(path);
  } catch (cause) {
    throw new EmbeddingGemmaError(
      "MODEL_FILE_INVALID",
      `The folder ${path} cannot be read: ${sentenceOf(cause)} Give this process permission: ` +
        "in the file system, or in Node's permission model with `--allow-fs-read`.",
      { folder: path },
      { cause },
    );
  }
}

/** @throws `MODEL_NOT_FOUND`; `INVALID_ARGUMENT` for a `file:` URL that names no path */
function absolutePath(model: string): string {
  const found = localPath(model);
  if ("path" in found) return found.path;
  const id = idInHubUrl(model);
  throw new EmbeddingGemmaError(
    /^file:/i.test(model) ? "INVALID_ARGUMENT" : "MODEL_NOT_FOUND",
    `${show(model)} is neither a folder on this machine nor the id of a repository on the Hub, ` +
      `such as "onnx-community/embeddinggemma-300m-ONNX". ` +
      (id === undefined ? found.fault : `Pass the id in this URL: ${show(id)}.`),
    { model },
  );
}

/** A saved store, for example, would only lack files of a model. */
async function refuseOther(path: string): Promise<void> {
  if (await isFile(join(path, "config.json"))) return;
  const message = await otherFolder(path);
  if (message) throw new EmbeddingGemmaError("MODEL_FILE_MISSING", message, { folder: path });
}

/** What a folder without `config.json` is, if that is known. */
async function otherFolder(path: string): Promise<string | undefined> {
  const { kind, finding, advice } = await folderKind(path);
  if (kind !== "none") return `${path} ${finding}. It contains no model. ${advice ?? ""}`.trimEnd();
  const parent = dirname(path);
  if ((await folderKind(parent)).kind !== "model") return undefined;
  return `${path} has no config.json, but its parent folder is a model. Pass ${parent}.`;
}

/** A folder on this machine, which exists. */
export function localFolder(path: string): ModelFolder {
  return {
    path,
    commit: null,
    derived: assetsFolder(),
    offline: false,
    read: (name) => readIfExists(join(path, name)),
    provide: (name) => isFile(join(path, name)),
    mayHave: async () => false,
    refetch: async () => false,
    list: () => listFiles(path),
    digest: (name) => digestIfExists(join(path, name)),
    derive: (source, methods) => deriveBytes(assetsFolder(), join(path, source), methods),
    open: (name) => openIfExists(join(path, name)),
  };
}
