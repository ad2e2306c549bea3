/**
 * Prints a warning to stderr, unless the process handles or disables warnings itself. Needs Node;
 * what browsers run, too, takes it from `#platform`.
 *
 * @param code - see `docs/reference/errors.md`
 */
export function warn(message: string, code: string): void {
  process.emitWarning(message, { type: "EmbeddingGemmaWarning", code });
}
