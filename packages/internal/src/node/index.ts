/** Code that needs Node. It has its own entry point, so that browsers never load it. */
export { bundleUrl } from "./bundle-url.ts";
export { expandUser, lacksHome } from "./expand-user.ts";
export { type FolderKind, folderKind, indexNames } from "./folder-kind.ts";
export { type LockFailure, withFolderLock } from "./folder-lock.ts";
export { absolutePath, type LocalPath, localPath, pathRule } from "./local-path.ts";
export { makeFolder } from "./make-folder.ts";
export {
  isWithoutManifest,
  notMerged,
  ownStoreFolder,
  quoted,
  type StoreFolder,
  storeFolder,
  whyForeign,
} from "./store-folder.ts";
export { isFile, whyNotFolder } from "./why-not-folder.ts";
export {
  type WorkerEnd,
  WorkerProcess,
  type WorkerProcessOptions,
  type WorkerReply,
  type WorkerRequestOptions,
} from "./worker-process.ts";
export { existingPart, tryFolder, whyNotWritable } from "./writable.ts";
