import { resolve } from "node:path";
import { localPath } from "@embeddinggemma/internal/node";
import { InvalidArgumentError } from "commander";

/**
 * Parses the path of a file or folder, which need not exist. A shell does not expand `~` in
 * `--store=~/docs.store`, so it is expanded here. A `file:` URL is a path, too. Other paths stay as
 * they are written, for messages.
 */
export function path(text: string): string {
  if (text === "")
    throw new InvalidArgumentError("It is empty: is a variable of your shell not set?");
  const found = localPath(text);
  if ("fault" in found) throw new InvalidArgumentError(found.fault);
  return found.path === resolve(text) ? text : found.path;
}

/** Parses one more path of several. */
export function paths(text: string, others: readonly string[] = []): string[] {
  return [...others, path(text)];
}
