/**
 * Whether an error comes from the file system, such as a full disk. Other errors of Node with a
 * `code`, such as `ERR_INVALID_ARG_TYPE`, are mistakes of the program.
 */
export function isFileSystemError(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException | undefined)?.errno === "number";
}
