/**
 * Shows control characters as JavaScript writes them, `\x1b` and `\n`: raw, they could change the
 * terminal.
 */
export function escapeControls(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) => {
    if (character === "\n") return "\\n";
    return `\\x${character.codePointAt(0)!.toString(16).padStart(2, "0")}`;
  });
}
