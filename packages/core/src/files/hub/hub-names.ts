/** Whether a revision is a commit, and not a branch or tag that may move. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

/**
 * Whether a model's name may be the id of a repository on the Hub, such as
 * `onnx-community/embeddinggemma-300m-ONNX`.
 */
export function isRepositoryId(model: string): boolean {
  return /^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(model);
}
