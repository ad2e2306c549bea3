/**
 * A set-up that cannot go on: `message` says what was wrong, `remedy` what the user can do about
 * it.
 */
export class SetupError extends Error {
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
