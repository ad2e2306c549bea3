import { expect, it } from "vitest";
import { escapeControls } from "./escape-controls.ts";

it("shows control characters, and leaves other text alone", () => {
  expect(escapeControls("a\x1b[31m\nb\x9b\x07.txt")).toBe("a\\x1b[31m\\nb\\x9b\\x07.txt");
  expect(escapeControls("Grüße/日本語 🚀.md")).toBe("Grüße/日本語 🚀.md");
});
