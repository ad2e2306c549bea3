import { Argument, Command } from "commander";
import type { Shell } from "../completion/print-completion.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** `embeddinggemma completion <shell>` */
export function completionCommand(terminal: Terminal): Command {
  return new Command("completion")
    .summary("complete commands and flags in your shell")
    .description(
      "Prints a script for your shell that completes commands, flags and files with Tab. Save it " +
        "where your shell looks, and open a new shell. It completes the installed program " +
        "(npm install --global embeddinggemma), not npx.",
    )
    .addArgument(new Argument("<shell>", "your shell").choices(["bash", "zsh", "fish"]))
    .addHelpText(
      "after",
      `
Examples:
  embeddinggemma completion bash > ~/.local/share/bash-completion/completions/embeddinggemma
  embeddinggemma completion zsh > ~/.zfunc/_embeddinggemma   # in a folder of $fpath
  embeddinggemma completion fish > ~/.config/fish/completions/embeddinggemma.fish`,
    )
    .action(async (shell: Shell, _flags: unknown, { parent }: Command) => {
      const { printCompletion } = await import("../completion/print-completion.ts");
      await printCompletion(shell, parent!, terminal);
    });
}
