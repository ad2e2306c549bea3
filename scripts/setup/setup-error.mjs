/** The set-up cannot continue. `message` says what is wrong, `remedy` what the user can do. */
export class SetupError extends Error {
  /** @override */
  name = "SetupError";

  /**
   * @param {string} message
   * @param {string} [remedy]
   */
  constructor(message, remedy) {
    super(message);
    this.remedy = remedy;
  }
}
