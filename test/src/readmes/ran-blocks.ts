import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

// A file, since pages also run in processes of their own.
const folder = mkdtempSync(join(tmpdir(), "ran-blocks-"));
const file = join(folder, "ran.txt");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The statement at the end of a block which records that the block has run. */
export function endOfBlock(page: string, number: number): string {
  const line = `${page}#${number}\n`;
  const [path, text] = [file, line].map((value) => JSON.stringify(value));
  return `process.getBuiltinModule("node:fs").appendFileSync(${path}, ${text});\n`;
}

/** Whether a block has run to its end since this test file began. */
export function hasRun(page: string, number: number): boolean {
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  return lines.includes(`${page}#${number}`);
}
