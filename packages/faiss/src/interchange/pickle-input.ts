import { FaissStoreError } from "../errors.ts";

/** Larger integers have over 600 decimal digits. */
const maxIntegerBytes = 255;

/** Reads the values in a pickle, one after the other. */
export class PickleInput {
  readonly path: string;
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Buffer, path: string) {
    this.path = path;
    this.#bytes = bytes;
  }

  take(length: number): Buffer {
    const end = this.#position + length;
    if (end > this.#bytes.length) throw this.damaged("it ends early");
    const part = this.#bytes.subarray(this.#position, end);
    this.#position = end;
    return part;
  }

  uint(bytes: number): number {
    return this.take(bytes).readUIntLE(0, bytes);
  }

  /** A signed integer of any length; a bigint if a number would not be exact. */
  integer(bytes: number): number | bigint {
    if (bytes > maxIntegerBytes) throw this.damaged(`it has an integer of ${bytes} bytes`);
    if (bytes === 0) return 0;
    const digits = Buffer.from(this.take(bytes)).reverse().toString("hex");
    const value = BigInt.asIntN(bytes * 8, BigInt(`0x${digits}`));
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  /** Python writes a lone surrogate as three bytes. Each of them becomes U+FFFD. */
  text(bytes: number): string {
    return this.take(bytes).toString("utf8");
  }

  line(): string {
    const end = this.#bytes.indexOf(10, this.#position);
    if (end < 0) throw this.damaged("it ends early");
    const line = this.text(end - this.#position);
    this.take(1);
    return line;
  }

  damaged(how: string, cause?: unknown): FaissStoreError {
    return new FaissStoreError(
      "FILE_DAMAGED",
      `${this.path} is damaged: ${how}, at byte ${this.#position}. ` +
        "Save it again with the library that wrote it.",
      { path: this.path },
      { cause },
    );
  }
}
