/** What to do about an error of the file system that refuses to write. */
export function writeAdvice(error: unknown): string {
  const { code = "" } = error as NodeJS.ErrnoException;
  return adviceOn.get(code) ?? "Fix the cause and try again.";
}

const noPermission = "Choose a folder that this user can write.";

const adviceOn: ReadonlyMap<string, string> = new Map([
  ["ENOSPC", "The disk is full. Free some space and try again."],
  ["EACCES", noPermission],
  ["EPERM", noPermission],
  ["ENOENT", noPermission],
  ["EROFS", "The file system is read-only. Choose a folder that can be written."],
  ["ENOTDIR", "Part of the path is a file. Choose a folder."],
  ["EEXIST", "The path is a file. Choose a folder."],
  ["EISDIR", "The path is a folder. Choose a file."],
]);
