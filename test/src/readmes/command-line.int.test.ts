import { execFile } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { textOf } from "./pages.ts";
import { folder, log, runPage } from "./run-page.ts";
import { runsAllCodeOf } from "./runs-all-code.ts";

// Each page starts the program many times.
vi.setConfig({ testTimeout: 300_000 });

const manifest = createRequire(import.meta.url).resolve("embeddinggemma/package.json");
const program = join(dirname(manifest), "dist/embeddinggemma.js");
const guide = "docs/start/command-line.md";

describe("the command lines of pages, with the tiny model", () => {
  it("packages/cli/README.md", async () => {
    const work = await newFolder();
    const questions = "examples/tuning/data";
    await cp(join(import.meta.dirname, "../../..", questions), join(work, questions), {
      recursive: true,
    });
    expect(await runCommands("packages/cli/README.md", work)).toBeGreaterThan(5);
  });

  it(guide, async () => {
    const work = await newFolder();
    expect(await runCommands(guide, work)).toBe(1);
    await runPage(guide, { files: { "notes.store": join(work, "notes.store") } });
    expect(log.mock.calls).toEqual([["notes/password.md"]]);
  });
});

/** A folder in which `npx embeddinggemma` starts the program that is built here. */
async function newFolder(): Promise<string> {
  const work = await mkdtemp(join(folder, "commands-"));
  await mkdir(join(work, "bin"));
  const npx = join(work, "bin/npx");
  await writeFile(npx, `#!/bin/sh\nshift\nexec "${process.execPath}" "${program}" "$@"\n`);
  await chmod(npx, 0o755);
  return work;
}

/**
 * Runs the blocks of a page that call the program, one after the other, and compares what they
 * print with the block of text that follows.
 *
 * @returns how many outputs were compared
 */
async function runCommands(page: string, work: string): Promise<number> {
  const env = {
    ...process.env,
    PATH: [join(work, "bin"), dirname(process.execPath), process.env.PATH].join(delimiter),
    EMBEDDINGGEMMA_MODEL: "tiny",
    FORCE_COLOR: undefined,
  };
  let compared = 0;
  for (const { script, output } of blocksOf(textOf(page))) {
    const argv = ["-e", "-o", "pipefail", "-c", script];
    const { stdout } = await promisify(execFile)("bash", argv, { cwd: work, env });
    if (output === undefined) continue;
    expectSame(stdout.trimEnd(), output.trimEnd());
    compared += 1;
  }
  return compared;
}

/**
 * The blocks with the program. `serve` would go on, `tune` has tests that take less time, and what
 * `doctor` finds depends on the machine.
 */
function blocksOf(text: string): { script: string; output: string | undefined }[] {
  const blocks = text.matchAll(/^```sh\n(.*?)^```(?:(?:(?!```).)*?^```text\n(.*?)^```)?/gms);
  return Array.from(blocks, ([, script, output]) => ({ script: script!, output })).filter(
    ({ script }) => script.includes("npx embeddinggemma") && !/ (serve|tune|doctor)\b/.test(script),
  );
}

/** The same words; numbers differ a little between processors. */
function expectSame(printed: string, shown: string): void {
  const number = /-?\d+\.\d+/g;
  expect(printed.replaceAll(number, "0.0").replaceAll(/ +/g, " ")).toBe(
    shown.replaceAll(number, "0.0").replaceAll(/ +/g, " "),
  );
  const numbers = (text: string) => Array.from(text.matchAll(number), ([found]) => Number(found));
  const expected = numbers(shown);
  for (const [index, value] of numbers(printed).entries())
    expect(Math.abs(value - expected[index]!)).toBeLessThan(0.02);
}

runsAllCodeOf("docs/start/command-line.md");
