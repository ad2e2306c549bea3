import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { EmbeddingGemmaError, show } from "../errors.ts";
import { isRepositoryId } from "./hub/hub-names.ts";
import { HubSnapshot } from "./hub/hub-snapshot.ts";
import type { HubOptions, ModelFolder } from "./model-folder.ts";
import { digestIfThere, isFile, isFolder, listIfThere, readIfThere } from "./read-files.ts";

/**
 * Finds a model: an existing folder (a path or `file:` URL) comes first, else the name is the id of
 * a repository on the Hub.
 *
 * @throws `MODEL_NOT_FOUND`, `DOWNLOAD_FAILED`
 */
export async function openModelFolder(model: string, options: HubOptions): Promise<ModelFolder> {
  const path = model.startsWith("file:")
    ? fileURLToPath(model)
    : resolve(model.replace(/^~(?=[\\/])/, homedir()));
  if (await isFolder(path)) return localFolder(path);
  if (!isRepositoryId(model)) {
    throw new EmbeddingGemmaError(
      "MODEL_NOT_FOUND",
      `There is no folder ${path}, and ${show(model)} is not the id of a repository on the Hub, such as "onnx-community/embeddinggemma-300m-ONNX".`,
      { model, path },
    );
  }
  return HubSnapshot.open(model, options);
}

function localFolder(path: string): ModelFolder {
  return {
    path,
    commit: null,
    offline: false,
    read: (name) => readIfThere(join(path, name)),
    provide: (name) => isFile(join(path, name)),
    refetch: async () => false,
    list: (folder) => listIfThere(join(path, folder)),
    digest: (name) => digestIfThere(join(path, name)),
  };
}
