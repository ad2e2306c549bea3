import type { EncodeProgress } from "./encode-texts.ts";

/** Items that are embedded together: enough to sort by length, few enough to hold. */
const windowSize = 256;

/** Where in the stream a window lies. */
export interface StreamPosition {
  /** Items before the window. */
  readonly firstIndex: number;
  /** Adds the window's progress to that of the windows before. */
  readonly onProgress?: (progress: EncodeProgress) => void;
}

/**
 * Embeds a stream window by window.
 *
 * @param encode - embeds one window
 * @returns the vectors of each window, in input order
 */
export async function* encodeStream<T>(
  items: AsyncIterable<T>,
  encode: (window: T[], position: StreamPosition) => Promise<Float32Array[]>,
  { onProgress }: Pick<StreamPosition, "onProgress">,
): AsyncGenerator<Float32Array[], void, undefined> {
  let before: EncodeProgress = { done: 0, total: 0, tokens: 0 };
  let firstIndex = 0;
  for await (const window of windows(items)) {
    let current = before;
    const addUp = ({ done, total, tokens }: EncodeProgress) => {
      current = {
        done: before.done + done,
        total: before.total + total,
        tokens: before.tokens + tokens,
      };
      onProgress?.(current);
    };
    yield await encode(window, { firstIndex, ...(onProgress && { onProgress: addUp }) });
    before = current;
    firstIndex += window.length;
  }
}

export function isAsyncIterable<T>(value: unknown): value is AsyncIterable<T> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

async function* windows<T>(items: AsyncIterable<T>): AsyncGenerator<T[], void, undefined> {
  let window: T[] = [];
  for await (const item of items) {
    window.push(item);
    if (window.length < windowSize) continue;
    yield window;
    window = [];
  }
  if (window.length > 0) yield window;
}
