import { join } from "node:path";
import { folderKind, localPath } from "@embeddinggemma/internal/node";
import { invalidArgument } from "../check.ts";
import { EmbeddingGemmaError, show } from "../errors.ts";
import { isRepositoryId } from "./hub/hub-names.ts";
import { HubSnapshot } from "./hub/hub-snapshot.ts";
import type { HubOptions, ModelFolder } from "./model-folder.ts";
import { localFolder } from "./open-model-folder.ts";
import { isFile, isFolder } from "./read-files.ts";
import { refuseRevision } from "./refuse-revision.ts";

/**
 * Opens the folder of an adapter: a local one if it exists (a path or `file:` URL), else a
 * repository on the Hub.
 *
 * @throws `ADAPTER_INVALID` if there is none; `MODEL_NOT_FOUND`, `DOWNLOAD_FAILED` for the Hub;
 * `INVALID_ARGUMENT`
 */
export async function openAdapterFolder(name: string, options: HubOptions): Promise<ModelFolder> {
  const found = localPath(name);
  const expected = "a folder on this machine or the id of a repository on the Hub";
  if ("fault" in found) throw invalidArgument("adapter", name, expected, found.fault);
  const { path } = found;
  if (await isFolder(path)) {
    refuseRevision(path, options);
    await refuseOther(path);
    return localFolder(path);
  }
  if (await isFile(path)) {
    throw new EmbeddingGemmaError(
      "ADAPTER_INVALID",
      `${path} is a file. Pass the folder with adapter.json and adapter.safetensors.`,
      { path },
    );
  }
  if (isRepositoryId(name)) return HubSnapshot.open(name, options, "adapter.json");
  throw new EmbeddingGemmaError(
    "ADAPTER_INVALID",
    `There is no folder ${path}, and ${show(name)} is not the id of a repository on the Hub.`,
    { path },
  );
}

/** A saved store, for example, would only lack files of an adapter. */
async function refuseOther(path: string): Promise<void> {
  if (await isFile(join(path, "adapter.json"))) return;
  const { kind, finding, advice = "" } = await folderKind(path);
  if (kind === "none" || kind === "model" || kind === "adapter") return;
  const message = `${path} ${finding}. It contains no adapter. ${advice}`.trimEnd();
  throw new EmbeddingGemmaError("ADAPTER_INVALID", message, { path });
}
