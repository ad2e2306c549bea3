import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommandError } from "../command-error.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { isOnTerminal, openOutput, unwritable } from "./output.ts";
import type { Item } from "./read-items.ts";
import type { Numbers, VectorWriter } from "./vector-writer.ts";

/** Length of the header, which has room for any shape. */
const headerLength = 128;

/**
 * Writes vectors as the rows of a NumPy array. The header comes first and says how many rows there
 * are, so the array is written to a temporary file until it is complete.
 *
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export class NpyWriter implements VectorWriter {
  readonly #file: string | undefined;
  readonly #terminal: Terminal;
  readonly #temporary: string;
  readonly #handle: FileHandle;
  #rows = 0;

  private constructor(
    file: string | undefined,
    terminal: Terminal,
    temporary: string,
    handle: FileHandle,
  ) {
    this.#file = file;
    this.#terminal = terminal;
    this.#temporary = temporary;
    this.#handle = handle;
  }

  /** @throws CommandError for a terminal, and for a file that cannot be written */
  static async open(file: string | undefined, terminal: Terminal): Promise<NpyWriter> {
    if (file === undefined && isOnTerminal(terminal)) {
      throw new CommandError("npy is binary. Write it to a file: --output vectors.npy");
    }
    const temporary =
      file === undefined
        ? join(tmpdir(), `embeddinggemma-${randomUUID()}.npy`)
        : `${file}.${randomUUID()}.partial`;
    const handle = await open(temporary, "wx").catch((error: unknown) => {
      throw unwritable(error);
    });
    const writer = new NpyWriter(file, terminal, temporary, handle);
    await handle.appendFile(Buffer.alloc(headerLength));
    return writer;
  }

  async write(_items: readonly Item[], vectors: readonly Numbers[]): Promise<void> {
    this.#rows += vectors.length;
    await this.#handle.appendFile(Buffer.concat(vectors.map(bytesOf)));
  }

  async finish(sample: Numbers): Promise<void> {
    await this.#handle.write(headerOf(this.#rows, sample), 0, headerLength, 0);
    await this.#handle.close();
    if (this.#file !== undefined) return await rename(this.#temporary, this.#file);
    const output = await openOutput(undefined, this.#terminal);
    for await (const chunk of createReadStream(this.#temporary)) await output.write(chunk);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
    await rm(this.#temporary, { force: true });
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Numbers): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function headerOf(rows: number, sample: Numbers): Buffer {
  const type = sample instanceof Float32Array ? "<f4" : sample instanceof Int8Array ? "|i1" : "|u1";
  const shape = `(${rows}, ${sample.length})`;
  const dictionary = `{'descr': '${type}', 'fortran_order': False, 'shape': ${shape}, }`;
  const start = Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, 0, 0]);
  start.writeUInt16LE(headerLength - start.length, 8);
  const text = `${dictionary.padEnd(headerLength - start.length - 1)}\n`;
  return Buffer.concat([start, Buffer.from(text)]);
}
