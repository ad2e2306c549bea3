import { PassThrough, Readable, Writable } from "node:stream";
import picocolors from "picocolors";
import { runProgram } from "../program.ts";

export interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs the program in this process, without a terminal. */
export async function run(
  argv: readonly string[],
  { input = "", signal = new AbortController().signal } = {},
): Promise<Outcome> {
  const written = { output: "", errors: "" };
  const into = (name: keyof typeof written) =>
    new Writable({
      write(chunk, _encoding, done) {
        written[name] += chunk;
        done();
      },
    });
  const colors = picocolors.createColors(false);
  const code = await runProgram(argv, {
    input: Readable.from([Buffer.from(input)]).pipe(new PassThrough()),
    output: into("output"),
    errors: into("errors"),
    interactive: false,
    colors,
    errorColors: colors,
    signal,
  });
  return { code, ...written };
}
