import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../failures/command-error.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { isOnTerminal, openOutput } from "./output.ts";
import { isReplaceable, PartialFile } from "./partial-file.ts";
import type { Item } from "./read-items.ts";
import type { Numbers, VectorWriter } from "./vector-writer.ts";

/** Length of the header, which has room for any shape. */
const headerLength = 128;

/**
 * Writes vectors as the rows of a NumPy array. The header comes first and says how many rows there
 * are, so the array for a pipe is written to a temporary file first.
 *
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export class NpyWriter implements VectorWriter {
  readonly #file: string | undefined;
  readonly #terminal: Terminal;
  readonly #partial: PartialFile;
  readonly #isPiped: boolean;
  #rows = 0;

  private constructor(
    file: string | undefined,
    terminal: Terminal,
    partial: PartialFile,
    isPiped: boolean,
  ) {
    this.#file = file;
    this.#terminal = terminal;
    this.#partial = partial;
    this.#isPiped = isPiped;
  }

  /** @throws UsageError for a terminal, CommandError for a file that cannot be written */
  static async open(file: string | undefined, terminal: Terminal): Promise<NpyWriter> {
    if (file === undefined && isOnTerminal(terminal)) {
      throw new UsageError("npy is binary. Write it to a file: --output vectors.npy");
    }
    const isPiped = file === undefined || !(await isReplaceable(file));
    const temporary = join(tmpdir(), `embeddinggemma-${randomUUID()}.npy`);
    const partial = await PartialFile.open(isPiped ? temporary : file);
    await partial.append(Buffer.alloc(headerLength));
    return new NpyWriter(file, terminal, partial, isPiped);
  }

  async write(_items: readonly Item[], vectors: readonly Numbers[]): Promise<void> {
    this.#rows += vectors.length;
    await this.#partial.append(Buffer.concat(vectors.map(bytesOf)));
  }

  async finish(sample: Numbers): Promise<void> {
    await this.#partial.replaceStart(headerOf(this.#rows, sample));
    if (!this.#isPiped) return await this.#partial.finish();
    const output = await openOutput(this.#file, this.#terminal);
    try {
      for await (const chunk of createReadStream(this.#partial.path)) await output.write(chunk);
      await output.finish();
    } finally {
      await output.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#partial[Symbol.asyncDispose]();
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
