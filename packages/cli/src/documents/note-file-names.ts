import { escapeControls } from "@embeddinggemma/internal";
import { isFile, quoted } from "@embeddinggemma/internal/node";
import { note, type Terminal } from "../terminal/terminal.ts";

/**
 * Says which texts are names of files, too: it is easy to expect that the file is read.
 *
 * @param advice - what to do, given the name of the first as it is typed
 */
export async function noteFileNames(
  texts: readonly string[],
  advice: (name: string) => string,
  terminal: Terminal,
): Promise<void> {
  const areFiles = await Promise.all(texts.map(isFile));
  const [first, ...others] = texts.filter((_, index) => areFiles[index]);
  if (first === undefined) return;
  const name = quoted(first);
  const [taken, there] =
    others.length === 0
      ? ["is taken as a text", "there is a file of this name"]
      : [`and ${others.length} more are taken as texts`, "there are files of these names"];
  note(terminal, escapeControls(`${name} ${taken}, though ${there}. ${advice(name)}`));
}
