import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { EmbeddingGemmaError, show } from "./errors.ts";
import { isRepositoryId } from "./hub-names.ts";
import { type HubOptions, HubSnapshot } from "./hub-snapshot.ts";
import { digestIfThere, isFile, isFolder, listIfThere, readIfThere } from "./read-files.ts";

/** A model repository, in a folder of this machine; files of the Hub come into the folder when they are asked for. */
export interface ModelFolder {
  readonly path: string;
  /** Commit of the repository, or null for a folder that is not from the Hub. */
  readonly commit: string | null;
  /** Whether a file that is missing here may exist in the repository, which is not asked. */
  readonly offline: boolean;
  /** Text of a small file, or null where the repository has none of that name. */
  read(name: string): Promise<string | null>;
  /** Makes sure that a file is in the folder; false where the repository has none of that name. */
  provide(name: string): Promise<boolean>;
  /** Fetches a file anew that seems to be damaged; false where that cannot be done, or the file is certainly intact. */
  refetch(name: string): Promise<boolean>;
  /** Names of the files under a folder of the repository that are on this machine. */
  list(folder: string): Promise<string[]>;
  /** Digest of a file that is in the folder, for the identity of the model; null where it is not there. */
  digest(name: string): Promise<string | null>;
}

/**
 * Finds a model: an existing folder (a path or `file:` URL) comes first, else the name is the id of a repository on the Hub.
 *
 * @throws `MODEL_NOT_FOUND`, `DOWNLOAD_FAILED`
 */
export async function openModelFolder(model: string, options: HubOptions): Promise<ModelFolder> {
  const path = model.startsWith("file:") ? fileURLToPath(model) : resolve(model.replace(/^~(?=[\\/])/, homedir()));
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
