import { FaissStoreError } from "../../errors.ts";

/** Larger integers have over 600 decimal digits. */
const maxIntegerBytes = 255;
const maxIntegerDigits = 615;

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

  /** A length of eight bytes. */
  length(): number {
    return Number(this.take(8).readBigUInt64LE());
  }

  /** A signed integer of any length; a bigint if a number would not be exact. */
  integer(bytes: number): number | bigint {
    if (bytes > maxIntegerBytes) throw this.damaged(`it has an integer of ${bytes} bytes`);
    if (bytes === 0) return 0;
    const digits = Buffer.from(this.take(bytes)).reverse().toString("hex");
    return exact(BigInt.asIntN(bytes * 8, BigInt(`0x${digits}`)));
  }

  /** An integer in decimal digits, on a line of its own. */
  decimal(): number | bigint {
    const line = this.line().replace(/L$/, "");
    if (!/^\s*[+-]?\d+\s*$/.test(line) || line.length > maxIntegerDigits)
      throw this.damaged("it has an integer that is none");
    return exact(BigInt(line.trim().replace(/^\+/, "")));
  }

  /** An integer or, as `00` and `01`, a boolean, on a line of its own. */
  decimalOrBoolean(): number | bigint | boolean {
    const start = this.#position;
    const line = this.line();
    if (line === "00" || line === "01") return line === "01";
    this.#position = start;
    return this.decimal();
  }

  /** A number as Python's `repr` writes it, on a line of its own. */
  float(): number {
    const line = this.line();
    const special = floats[line.toLowerCase()];
    if (special !== undefined) return special;
    const number = Number(line);
    if (line.trim() === "" || Number.isNaN(number))
      throw this.damaged("it has a number that is none");
    return number;
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

  /** Text in the encoding `raw-unicode-escape`, on a line of its own. */
  escapedLine(): string {
    const end = this.#bytes.indexOf(10, this.#position);
    if (end < 0) throw this.damaged("it ends early");
    const line = this.take(end - this.#position).toString("latin1");
    this.take(1);
    return line.replace(/\\u([\da-fA-F]{4})|\\U([\da-fA-F]{8})/g, (all, short, long) => {
      const code = Number.parseInt(short ?? long, 16);
      return code > 0x10_ff_ff ? all : String.fromCodePoint(code);
    });
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

const floats: Record<string, number> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  "-inf": Number.NEGATIVE_INFINITY,
};

function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
