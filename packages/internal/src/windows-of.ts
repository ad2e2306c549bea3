/** Number of items to embed at once: enough to sort by length, but few enough to keep in memory. */
const windowSize = 256;

/**
 * The items of a stream, as many together as are embedded together. If the stream fails, those
 * before it come first, and then the error.
 */
export async function* windowsOf<T>(items: AsyncIterable<T>): AsyncGenerator<T[], void, undefined> {
  let window: T[] = [];
  try {
    for await (const item of items) {
      window.push(item);
      if (window.length < windowSize) continue;
      yield window;
      window = [];
    }
  } catch (error) {
    if (window.length > 0) yield window;
    throw error;
  }
  if (window.length > 0) yield window;
}
