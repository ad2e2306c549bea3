/**
 * Adds up the progress of several calls of an embedder.
 *
 * @param report - gets the number of texts that all calls have embedded so far
 */
export function progressOf(report: (done: number) => void) {
  let before = 0;
  return {
    /** Options of the next call, which embeds this number of texts. */
    next(texts: number) {
      const start = before;
      before += texts;
      return {
        onProgress: ({ done }: { readonly done: number }) => report(start + done),
      };
    },
  };
}
