/**
 * Whether an error comes from the file system, such as a full disk, or from Node's permission
 * model. Other errors of Node with a `code`, such as `ERR_INVALID_ARG_TYPE`, are mistakes of the
 * program.
 */
export function isFileSystemError(error: unknown): boolean {
  const { errno, code } = (error ?? {}) as NodeJS.ErrnoException;
  return typeof errno === "number" || code === "ERR_ACCESS_DENIED";
}
