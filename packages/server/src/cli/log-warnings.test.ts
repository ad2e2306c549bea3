import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { logWarnings } from "./log-warnings.ts";

const listeners = process.listeners("warning");
const heard: Error[] = [];
const listener = (warning: Error) => void heard.push(warning);

afterEach(() => {
  process.removeAllListeners("warning");
  for (const each of listeners) process.on("warning", each);
});

async function logged(): Promise<unknown[]> {
  const lines: unknown[] = [];
  {
    using _ = logWarnings({ warn: (...line: unknown[]) => void lines.push(line) });
    process.emitWarning("The text is cut.", { type: "EmbeddingGemmaWarning", code: "CUT" });
    await nextTurn();
  }
  process.emitWarning("later");
  await nextTurn();
  return lines;
}

it("logs warnings in place of those who listened, and then they listen again", async () => {
  process.removeAllListeners("warning");
  process.on("warning", listener);
  expect(await logged()).toEqual([
    [{ warning: "EmbeddingGemmaWarning", code: "CUT" }, "The text is cut."],
  ]);
  expect(heard.map(({ message }) => message)).toEqual(["later"]);
});

it("is silent where warnings are disabled", async () => {
  process.removeAllListeners("warning");
  expect(await logged()).toEqual([]);
});
