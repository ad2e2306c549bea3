/** The addon cannot be made. `message` says what is wrong, `remedy` what the user can do. */
export class AddonError extends Error {
  /** @override */
  name = "AddonError";

  /**
   * @param {string} message
   * @param {string} [remedy]
   */
  constructor(message, remedy) {
    super(message);
    this.remedy = remedy;
  }
}
