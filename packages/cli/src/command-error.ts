/** A command failed, and the message says all that there is to say: why, and what to do. */
export class CommandError extends Error {
  override readonly name: string = "CommandError";
}
