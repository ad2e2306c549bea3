import { windowsOf } from "@embeddinggemma/internal";
import type { EncodeProgress } from "./encode-texts.ts";

/** Position of a window in the stream. */
export interface StreamPosition {
  /** Number of items before the window. */
  readonly firstIndex: number;
  /** Reports the window's progress, added to that of all windows before. */
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
  { onProgress }: { readonly onProgress?: StreamPosition["onProgress"] | undefined },
): AsyncGenerator<Float32Array[], void, undefined> {
  let before: EncodeProgress = { done: 0, total: 0, tokens: 0 };
  let firstIndex = 0;
  for await (const window of windowsOf(items)) {
    let current = before;
    const report = ({ done, total, tokens }: EncodeProgress) => {
      current = {
        done: before.done + done,
        total: before.total + total,
        tokens: before.tokens + tokens,
      };
      onProgress?.(current);
    };
    yield await encode(window, { firstIndex, ...(onProgress && { onProgress: report }) });
    before = current;
    firstIndex += window.length;
  }
}

export function isAsyncIterable<T>(value: unknown): value is AsyncIterable<T> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
