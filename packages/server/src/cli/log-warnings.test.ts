import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, expect, it, vi } from "vitest";
import { logWarnings } from "./log-warnings.ts";

const listeners = process.listeners("warning");
const heard: Error[] = [];
const listener = (warning: Error) => void heard.push(warning);

const { execArgv } = process;
const flags = process as { traceProcessWarnings?: boolean };

afterEach(() => {
  process.execArgv = execArgv;
  delete flags.traceProcessWarnings;
  vi.unstubAllEnvs();
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

it("keeps a warning on one line", async () => {
  process.removeAllListeners("warning");
  process.on("warning", listener);
  const lines: unknown[][] = [];
  using _ = logWarnings({ warn: (...line: unknown[]) => void lines.push(line) });
  process.emitWarning("no key `a\n12:00 ERROR gone\u001b[2J`");
  await nextTurn();
  expect(lines[0]![1]).toBe("no key `a\\n12:00 ERROR gone\\x1b[2J`");
});

it("logs warnings in place of those who listened, and then they listen again", async () => {
  process.removeAllListeners("warning");
  process.on("warning", listener);
  expect(await logged()).toEqual([
    [{ warning: "EmbeddingGemmaWarning", code: "CUT" }, "The text is cut."],
  ]);
  expect(heard.map(({ message }) => message)).toEqual(["later"]);
});

it.each([
  { argv: ["--disable-warning=CUT"], options: "" },
  { argv: ["--disable-warning", "EmbeddingGemmaWarning"], options: "" },
  { argv: [], options: "--no-deprecation --disable-warning=CUT" },
])("leaves out warnings that Node's flags disable: $argv $options", async ({ argv, options }) => {
  process.removeAllListeners("warning");
  process.on("warning", listener);
  process.execArgv = argv;
  vi.stubEnv("NODE_OPTIONS", options);
  expect(await logged()).toEqual([]);
});

it("has the detail of a warning, and its stack with --trace-warnings", async () => {
  process.on("warning", listener);
  const lines: unknown[] = [];
  using _ = logWarnings({ warn: (...line: unknown[]) => void lines.push(line) });
  process.emitWarning("slow", { type: "Slow", detail: "Use less." });
  await nextTurn();
  flags.traceProcessWarnings = true;
  process.emitWarning("slow", { type: "Slow" });
  await nextTurn();
  expect(lines).toEqual([
    [{ warning: "Slow", detail: "Use less." }, "slow"],
    [{ warning: "Slow", stack: expect.stringContaining("log-warnings.test.ts") }, "slow"],
  ]);
});

it("is silent where warnings are disabled", async () => {
  process.removeAllListeners("warning");
  expect(await logged()).toEqual([]);
});
