import type { Progress } from "../terminal/progress.ts";

/** Shows how far indexing is, by the bytes of the files. */
export class Meter {
  readonly #progress: Progress;
  readonly #files: number;
  readonly #bytes: number;
  readonly #start = performance.now();
  #doneBytes = 0;
  #batchBytes = 0;
  #embedded = 0;
  #tokens = 0;
  #batchTokens = 0;

  constructor(files: readonly { readonly bytes: number }[], progress: Progress) {
    this.#files = files.length;
    this.#bytes = files.reduce((sum, { bytes }) => sum + bytes, 1);
    this.#progress = progress;
  }

  /** Counts bytes that need no embedding. */
  pass(bytes: number): void {
    this.#doneBytes += bytes;
  }

  /** Counts bytes whose chunk is in the next batch. */
  queue(bytes: number): void {
    this.#batchBytes += bytes;
  }

  /** Shows the progress of a batch: how many of its chunks are done. */
  show({ done, total, tokens }: { done: number; total: number; tokens: number }, read: number) {
    this.#batchTokens = tokens;
    const bytes = this.#doneBytes + (this.#batchBytes * done) / total;
    const seconds = (performance.now() - this.#start) / 1_000;
    const rate = Math.round((this.#tokens + tokens) / seconds);
    const text = [
      `${read}/${this.#files} files`,
      `${(this.#embedded + done).toLocaleString("en")} chunks`,
      `${rate.toLocaleString("en")} tokens/s`,
    ];
    this.#progress.show(bytes / this.#bytes, text.join(" · "));
  }

  /** Ends a batch. */
  finishBatch(chunks: number): void {
    this.#doneBytes += this.#batchBytes;
    this.#batchBytes = 0;
    this.#embedded += chunks;
    this.#tokens += this.#batchTokens;
  }
}
