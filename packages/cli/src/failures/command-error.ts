import { exitCodes } from "./exit-codes.ts";

/** A command failed, and the message says all that there is to say: why, and what to do. */
export class CommandError extends Error {
  override readonly name: string = "CommandError";
  readonly exitCode: number = exitCodes.failed;
}

/** The flags or arguments are wrong, so nothing was done. The message says what would be right. */
export class UsageError extends CommandError {
  override readonly name = "UsageError";
  override readonly exitCode = exitCodes.usage;
}
