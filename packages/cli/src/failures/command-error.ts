import { exitCodes } from "./exit-codes.ts";

/** A command failed, and the message says all that there is to say: why, and what to do. */
export class CommandError extends Error {
  override readonly name: string = "CommandError";
  readonly exitCode: number = exitCodes.failed;
}

/** A command is done, except for what the message says. */
export class PartlyDoneError extends CommandError {
  override readonly name = "PartlyDoneError";
  override readonly exitCode = exitCodes.partlyDone;
}

/** The flags or arguments are wrong, whatever the files are. The message says what is right. */
export class UsageError extends CommandError {
  override readonly name = "UsageError";
  override readonly exitCode = exitCodes.usage;
}
