import { dirname } from "node:path";
import { CommandError } from "./command-error.ts";

/** What the file system says, without its code and path: `permission denied`. */
export function fileFailure(error: unknown): string {
  const { message, code, syscall } = error as NodeJS.ErrnoException;
  const start = `${code}: `;
  if (syscall === undefined || !message.startsWith(start)) return message;
  return message.slice(start.length).split(`, ${syscall}`)[0]!;
}

/** The message of an error, or a part of it, with {@link fileFailure} in place of its causes. */
export function withoutCodes(message: string, { cause }: Error): string {
  if (!(cause instanceof Error) || cause.message === "") return message;
  return withoutCodes(
    message.replaceAll(cause.message, () => fileFailure(cause)),
    cause,
  );
}

/** What to do with text that is not UTF-8. */
export const howToConvert =
  "Convert it to UTF-8, such as from Windows-1252: `iconv -f WINDOWS-1252 -t UTF-8`.";

/** The error for a file that cannot be written, by the name that the user knows. */
export function notWritten(file: string, error: unknown): CommandError {
  const { code = "" } = error as NodeJS.ErrnoException;
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: `there is no folder ${dirname(file)}`,
    EISDIR: "it is a folder",
    ENOTDIR: "part of its path is a file",
  };
  const reason = reasons[code] ?? fileFailure(error);
  return new CommandError(`${file} cannot be written: ${reason}.`, { cause: error });
}
