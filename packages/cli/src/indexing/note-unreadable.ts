import { escapeControls } from "@embeddinggemma/internal";
import { note, type Terminal } from "../terminal/terminal.ts";
import type { UnreadableFolder } from "./find-changes.ts";

/** Says which folders cannot be read, and that the store keeps what it has of them. */
export function noteUnreadable(folders: readonly UnreadableFolder[], terminal: Terminal): void {
  for (const { source, reason, isKept } of folders) {
    const kept = isKept ? " Its files in the store are kept." : "";
    note(terminal, `${escapeControls(source)}: ${reason}${kept}`);
  }
}
