import { Command, Option } from "commander";
import type { EmbedFlags } from "../embedding/embed.ts";
import { addModelOptions } from "../model/model-options.ts";
import { path, paths } from "../parse-path.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** `embeddinggemma embed [texts…]` */
export function embedCommand(terminal: Terminal): Command {
  const command = new Command("embed")
    .summary("turn texts into vectors")
    .description(
      "Turns texts into vectors: the arguments, or the lines of --input or of standard input. " +
        "They are embedded as documents, unless you say --query or choose another prompt. An " +
        "empty line is an empty text, so that vectors have the numbers of their lines; in JSON " +
        "lines, it is left out.",
    )
    .argument("[texts...]", "texts to embed; - stands for the lines of standard input")
    .option("-i, --input <file...>", "embed the lines of these files; - is standard input", paths)
    .addOption(
      new Option(
        "--input-format <format>",
        'lines are texts, or JSON: {"text": …, "title": …}, whose keys the output keeps ' +
          "(default: jsonl for names that end in .jsonl or .ndjson, else lines)",
      ).choices(["lines", "jsonl"]),
    )
    .addOption(
      new Option("-f, --format <format>", "JSON lines, a NumPy array, or base64 of the numbers")
        .choices(["jsonl", "npy", "base64"])
        .default("jsonl"),
    )
    .option("-o, --output <file>", "write to a file in place of standard output", path)
    .addOption(
      new Option("--query", "embed search queries").conflicts(["title", "promptName", "prompt"]),
    )
    .addOption(
      new Option("--title <title>", "title of the documents").conflicts(["promptName", "prompt"]),
    )
    .option("--prompt-name <name>", "prompt of the model, such as STS or Clustering")
    .addOption(
      new Option("--prompt <prompt>", 'text to put before each text; "" for none').conflicts(
        "promptName",
      ),
    )
    .addOption(
      new Option("--precision <precision>", "numbers, or only their signs, eight to a byte")
        .choices(["float32", "binary", "ubinary"])
        .default("float32"),
    )
    .addHelpText(
      "after",
      `
Examples:
  embeddinggemma embed "Mars is red." "Venus is hot."
  embeddinggemma embed --query "Which planet is red?" --format base64
  embeddinggemma embed --input texts.txt --format npy --output vectors.npy
  jq -c '{id, title, text: .body}' posts.jsonl | embeddinggemma embed --input-format jsonl`,
    );
  return addModelOptions(command).action(async (texts: string[], flags: EmbedFlags) => {
    if (texts.length > 0 && flags.input)
      command.error("error: Give texts as arguments or with --input, not both.");
    const { embed } = await import("../embedding/embed.ts");
    await embed(texts, flags, terminal);
  });
}
