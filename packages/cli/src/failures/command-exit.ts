/** A command ends with this exit code, and has said why. */
export class CommandExit extends Error {
  override readonly name = "CommandExit";
  readonly code: number;

  constructor(code: number) {
    super(`The command ended with exit code ${code}.`);
    this.code = code;
  }
}
