import type { RandomAccessFile } from "../files/model-folder.ts";

/** Longest tag and length of a field in bytes, each a varint of at most 10. */
const maxHeader = 20;
const maxText = 4096;
const windowBytes = 2 ** 15;
const decoder = new TextDecoder();

export interface Field {
  readonly number: number;
  /** The number in the field; 0 if it has a length, or a number of fixed size. */
  readonly value: number;
  /** Length of the content, which comes next; null if the field is a number. */
  readonly length: number | null;
}

/** The file is not in protobuf's format. Its message completes "it …". */
export class InvalidProtobuf extends Error {}

/**
 * Reads protobuf's wire format from a file of any size: windows of it, and it skips a field by
 * moving its position. The usual readers need the whole file in memory, also `@bufbuild/protobuf`,
 * which `graph/` uses to change graphs.
 *
 * @see https://protobuf.dev/programming-guides/encoding
 */
export class ProtobufReader {
  position = 0;
  readonly #file: RandomAccessFile;
  #window: Uint8Array = new Uint8Array();
  /** Position of the window in the file. */
  #start = 0;

  constructor(file: RandomAccessFile) {
    this.#file = file;
  }

  /** @param end - end of the message, which the field must not exceed */
  async nextField(end: number): Promise<Field> {
    await this.#load(maxHeader);
    const tag = this.#varint();
    const number = Math.floor(tag / 8);
    const wireType = tag % 8;
    let value = 0;
    let length: number | null = null;
    if (wireType === 0) value = this.#varint();
    else if (wireType === 1) this.position += 8;
    else if (wireType === 2) length = this.#varint();
    else if (wireType === 5) this.position += 4;
    else throw this.#invalid();
    if (number === 0 || this.position + (length ?? 0) > end) throw this.#invalid();
    return { number, value, length };
  }

  async text(length: number): Promise<string> {
    if (length > maxText) throw this.#invalid();
    await this.#load(length);
    const start = this.position - this.#start;
    this.position += length;
    return decoder.decode(this.#window.subarray(start, start + length));
  }

  /** Makes this many bytes available at the position, or fewer at the end of the file. */
  async #load(length: number): Promise<void> {
    const { size } = this.#file;
    const end = Math.min(this.position + length, size);
    if (this.position >= this.#start && end <= this.#start + this.#window.length) return;
    this.#start = this.position;
    this.#window = await this.#file.read(
      this.position,
      Math.min(windowBytes, size - this.position),
    );
    if (this.#start + this.#window.length < end) throw this.#invalid();
  }

  #varint(): number {
    let value = 0;
    for (let factor = 1, bytes = 1; bytes <= 10; factor *= 128, bytes++) {
      const byte = this.#window[this.position++ - this.#start];
      if (byte === undefined) break;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    throw this.#invalid();
  }

  #invalid(): InvalidProtobuf {
    return new InvalidProtobuf(`it is damaged near byte ${this.position}`);
  }
}
