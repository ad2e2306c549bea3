import { Command, CommanderError } from "commander";
import { buildFaissCommand } from "./commands/build-faiss.ts";
import { withHelpFlag } from "./commands/command-names.ts";
import { completionCommand } from "./commands/completion.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { embedCommand } from "./commands/embed.ts";
import { evalCommand } from "./commands/eval.ts";
import { indexCommand } from "./commands/index-files.ts";
import { modelsCommand } from "./commands/models.ts";
import { nameOther } from "./commands/other-names.ts";
import { checkRequiredOptions } from "./commands/required-option.ts";
import { searchCommand } from "./commands/search.ts";
import { serveCommand } from "./commands/serve.ts";
import { similarityCommand } from "./commands/similarity.ts";
import { tuneCommand } from "./commands/tune.ts";
import { CommandExit } from "./failures/command-exit.ts";
import { exitCodes } from "./failures/exit-codes.ts";
import { isAbort } from "./failures/is-abort.ts";
import { note, type Terminal } from "./terminal/terminal.ts";
import { version } from "./version.ts";

/** In the order of `--help`. */
const commands = [
  indexCommand,
  searchCommand,
  embedCommand,
  similarityCommand,
  evalCommand,
  tuneCommand,
  serveCommand,
  modelsCommand,
  doctorCommand,
  buildFaissCommand,
  completionCommand,
];

/**
 * Runs the program.
 *
 * @param argv - arguments, without the paths of Node.js and the program
 * @returns the exit code
 */
export async function runProgram(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const program = createProgram(terminal);
    await program.parseAsync(withHelpFlag(program, argv), { from: "user" });
    return exitCodes.done;
  } catch (error) {
    if (error instanceof CommandExit) return error.code;
    if (isAbort(error, terminal.signal)) {
      note(terminal, "Stopped.");
      return exitCodes.interrupted;
    }
    // Commander has printed what there is to say.
    if (error instanceof CommanderError) return error.exitCode && exitCodes.usage;
    const { explainFailure } = await import("./failures/explain-failure.ts");
    const { message, exitCode } = explainFailure(error);
    note(terminal, `${terminal.errorColors.red("error:")} ${message}`);
    return terminal.signal.aborted ? exitCodes.interrupted : exitCode;
  }
}

/** The program with all commands. */
function createProgram(terminal: Terminal): Command {
  const program = new Command("embeddinggemma")
    .description("Semantic search with EmbeddingGemma on the command line.")
    .version(version, "-v, --version")
    .hook("preAction", checkRequiredOptions)
    .addHelpText(
      "after",
      `
Examples:
  embeddinggemma index docs --store docs.store
  embeddinggemma search "how do I reset my password?" --store docs.store
  embeddinggemma doctor

Add --help to a command for its flags and examples.`,
    );
  // Many programs have this one.
  program.version(version, "-V").options.at(-1)!.hideHelp();
  for (const command of commands) program.addCommand(command(terminal));
  for (const command of [program, ...subcommandsOf(program)]) {
    command
      .exitOverride()
      .showHelpAfterError("Add --help to the command for all flags and examples.")
      .configureOutput({
        writeOut: (text) => terminal.output.write(text),
        writeErr: (text) => terminal.errors.write(text),
        outputError: (text, write) => write(nameOther(text, command)),
        getOutHasColors: () => terminal.colors.isColorSupported,
        getErrHasColors: () => terminal.errorColors.isColorSupported,
      });
  }
  return program;
}

/** The commands of a command, and theirs. */
function subcommandsOf({ commands }: Pick<Command, "commands">): Command[] {
  return commands.flatMap((command) => [command, ...subcommandsOf(command)]);
}
