/** Whether a revision is a commit hash, which never moves, unlike a branch or tag. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

/**
 * Whether a model's name has the form of a repository id on the Hub, `owner/name`, such as
 * `onnx-community/embeddinggemma-300m-ONNX`. Neither part may start with a dot, as paths do.
 */
export function isRepositoryId(model: string): boolean {
  return /^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(model);
}

/** The repository's id in the address of its page, such as `https://huggingface.co/owner/name`. */
export function idInHubUrl(url: string): string | undefined {
  const [, id] = /^https?:\/\/(?:huggingface\.co|hf\.co)\/([^/?#]+\/[^/?#]+)/i.exec(url) ?? [];
  return id !== undefined && isRepositoryId(id) ? id : undefined;
}

/** Name of a repository's folder in the cache, as in Python's `huggingface_hub`. */
export function cacheNameOf(id: string): string {
  return `${cacheNamePrefix}${id.replace("/", "--")}`;
}

/** The repository whose folder in the cache has this name; undefined for what is no model. */
export function idOfCacheName(name: string): string | undefined {
  if (!name.startsWith(cacheNamePrefix)) return undefined;
  return name.slice(cacheNamePrefix.length).replace("--", "/");
}

/** Folders of data sets start with `datasets--`. */
const cacheNamePrefix = "models--";

/** The path of a file as part of a URL. */
export function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
