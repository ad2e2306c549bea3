import { PassThrough, Readable, Writable } from "node:stream";
import picocolors from "picocolors";
import { runProgram } from "../program.ts";

export interface Outcome {
  readonly code: number;
  readonly output: string;
  /** {@link Outcome.output} as it was written. */
  readonly bytes: Buffer;
  readonly errors: string;
}

/** How to run the program. */
export interface RunOptions {
  /** A text, or a stream, such as one that does not end. */
  readonly input?: string | Readable;
  readonly signal?: AbortSignal;
  /** Whether to answer questions from the input, and to write progress. @default false */
  readonly interactive?: boolean;
  /** Called with each message, as it is written. */
  readonly onMessage?: (text: string) => void;
}

/** Runs the program in this process. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const { input = "", signal = new AbortController().signal, interactive = false } = options;
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  const into = (chunks: Buffer[]) =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk);
        if (chunks === errors) options.onMessage?.(String(chunk));
        done();
      },
    });
  const colors = picocolors.createColors(false);
  const code = await runProgram(argv, {
    input:
      typeof input === "string"
        ? Readable.from([Buffer.from(input)]).pipe(new PassThrough())
        : input,
    output: into(output),
    errors: into(errors),
    interactive,
    colors,
    errorColors: colors,
    signal,
    ignoreClosedOutput: () => {},
  });
  const bytes = Buffer.concat(output);
  return { code, output: bytes.toString(), bytes, errors: Buffer.concat(errors).toString() };
}
