import { appendFile, cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { format } from "node:util";
import { afterAll, beforeEach, expect, vi } from "vitest";
import { printedOutput, writeReadmeCode } from "./readme-code.ts";

/** What the code of pages prints goes here, and is forgotten before each test. */
export const log = vi.spyOn(console, "log").mockImplementation(() => {});
beforeEach(() => {
  log.mockClear();
});

/** The folder below which each page gets a folder of its own. */
export const folder = await mkdtemp(join(tmpdir(), "pages-"));
afterAll(async () => {
  process.chdir(tmpdir());
  await rm(folder, { recursive: true });
});

export interface RunPageOptions {
  /** Only the code under this second-level heading, or "" for the code before the first one. */
  section?: string | undefined;
  /** Blocks with file names to run, one after the other. By default, the blocks without a name. */
  programs?: readonly string[] | undefined;
  /** Files and folders to copy to the folder of the page: their names there, and where they are. */
  files?: Readonly<Record<string, string>> | undefined;
  /** What the code uses in place of the port 8080. */
  port?: number | undefined;
  /** Code to add at the end of programs, by their names. */
  more?: Readonly<Record<string, string>> | undefined;
}

/** Runs the code of a page in a new folder, and returns what the last program declares. */
export async function runPage(
  page: string,
  { section, programs, files = {}, port, more = {} }: RunPageOptions = {},
  // biome-ignore lint/suspicious/noExplicitAny: a page can declare anything
): Promise<any> {
  const parent = await mkdtemp(join(folder, "page-"));
  const code = await writeReadmeCode(join(parent, "code"), page, section, port);
  for (const [target, source] of Object.entries(files))
    await cp(source, join(code.folder, target), { recursive: true });
  for (const [program, text] of Object.entries(more))
    await appendFile(join(code.folder, program), text);
  process.chdir(code.folder);
  if (!programs) return import(code.program);
  let declared: unknown;
  for (const program of programs) declared = await import(join(code.folder, program));
  return declared;
}

/** All that was printed since the test began. */
export function printed(): string {
  return log.mock.calls.map((values) => format(...values)).join("\n");
}

/** Every block of plain text of the page, or of one of its sections, was printed. */
export async function expectPrintedOutput(page: string, section?: string): Promise<void> {
  const outputs = await printedOutput(page, section);
  expect(outputs).not.toEqual([]);
  for (const output of outputs) expect(printed()).toContain(output);
}
