import type { ServerProgramOptions } from "./cli/program-options.ts";

/** A flag of the program. */
export interface ServerProgramFlag {
  /** How it is written, such as `-p, --port <port>`. */
  readonly flags: string;
  readonly description: string;
  /** Its values, if there are only a few. */
  readonly choices: readonly string[] | undefined;
}

/** The program `embeddinggemma-server`, to run it as a part of another one. */
export interface ServerProgram {
  readonly flags: readonly ServerProgramFlag[];
  /**
   * Loads the model of the flags and serves it until SIGTERM or SIGINT. Writes logs to standard
   * output, and reads the environment variables of the flags.
   *
   * @param argv - arguments, without the paths of Node.js and the program
   * @returns the exit code: 0; 1 if the server cannot run, or that of
   * {@link ServerProgramOptions.explain}; 2 if flags are wrong. What there is to say about it is
   * printed
   */
  run(argv: readonly string[]): Promise<number>;
}

/**
 * The program `embeddinggemma-server` under another name, for a program that has it as a command.
 *
 * @example
 * const program = await serverProgram({ name: "my-tool serve" });
 * process.exit(await program.run(["--port", "8080"]));
 */
export async function serverProgram(options: ServerProgramOptions = {}): Promise<ServerProgram> {
  // Not part of servers that are made with `createApp`.
  const [{ shownFlags }, { runProgram }] = await Promise.all([
    import("./cli/arguments.ts"),
    import("./cli/program.ts"),
  ]);
  return {
    flags: shownFlags().map(({ flags, description, argChoices: choices }) => ({
      flags,
      description,
      choices,
    })),
    run: (argv) => runProgram(argv, options),
  };
}
