/** The server cannot run, and the message says all that there is to say: why, and what to do. */
export class CannotRun extends Error {
  override readonly name = "CannotRun";
}
