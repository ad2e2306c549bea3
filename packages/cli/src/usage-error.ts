import { CommandError } from "./command-error.ts";

/** The flags or arguments are wrong, so nothing was done. The message says what would be right. */
export class UsageError extends CommandError {
  override readonly name = "UsageError";
}
