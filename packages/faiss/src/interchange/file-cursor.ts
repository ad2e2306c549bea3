import type { FileHandle } from "node:fs/promises";
import { FaissStoreError } from "../errors.ts";
import { readFully } from "../files/durable-file.ts";

/**
 * Reads a file from front to back, in little-endian. It allocates nothing that the file does not
 * have, so a forged count cannot exhaust the memory.
 */
export class FileCursor {
  readonly path: string;
  readonly size: number;
  position = 0;
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle, size: number) {
    this.path = path;
    this.#handle = handle;
    this.size = size;
  }

  static async of(path: string, handle: FileHandle): Promise<FileCursor> {
    const { size } = await handle.stat();
    return new FileCursor(path, handle, size);
  }

  async bytes(length: number): Promise<Buffer> {
    const start = this.#advance(length);
    return this.#read(Buffer.alloc(length), start);
  }

  async floats(count: number): Promise<Float32Array> {
    const start = this.#advance(count * 4);
    const numbers = new Float32Array(count);
    await this.#read(new Uint8Array(numbers.buffer), start);
    return numbers;
  }

  async bigints(count: number): Promise<BigInt64Array> {
    const start = this.#advance(count * 8);
    const numbers = new BigInt64Array(count);
    await this.#read(new Uint8Array(numbers.buffer), start);
    return numbers;
  }

  async text(length: number): Promise<string> {
    return (await this.bytes(length)).toString("latin1");
  }

  /** As {@link text}, but the next read starts at the same position. */
  async peekText(length: number): Promise<string> {
    const start = this.position;
    const text = await this.text(length);
    this.position = start;
    return text;
  }

  /** An unsigned number of 64 bits: how many there are of something, or how large it is. */
  async count(): Promise<number> {
    return Number((await this.bytes(8)).readBigUInt64LE());
  }

  skip(length: number): void {
    this.#advance(length);
  }

  /** Skips a vector of FAISS: a count, then as many items. */
  async skipVector(itemBytes: number): Promise<void> {
    this.skip((await this.count()) * itemBytes);
  }

  #advance(length: number): number {
    const start = this.position;
    if (!(start + length <= this.size)) throw wrongLength(this.path, this.size, start + length);
    this.position += length;
    return start;
  }

  async #read<T extends Uint8Array>(target: T, start: number): Promise<T> {
    if (await readFully(this.#handle, target, start)) return target;
    throw damagedFile(this.path, "it has become shorter while it was read");
  }
}

export function damagedFile(path: string, how: string): FaissStoreError {
  return new FaissStoreError(
    "FILE_DAMAGED",
    `${path} is damaged: ${how}. Save it again with the library that wrote it.`,
    { path },
  );
}

export function wrongLength(path: string, found: number, expected: number): FaissStoreError {
  return damagedFile(path, `it has ${found} bytes, but its header says ${expected}`);
}
