/**
 * Every block of TypeScript in README.md, the READMEs of packages and `docs/` is run by a test. To
 * add a page,
 *
 * 1. call `runPage("docs/folder/page.md")` in a `*.int.test.ts` of this folder, and check what it
 *    returns and prints (`expectPrintedOutput`),
 * 2. name the page, or its folder, at the end of that file: `runsAllCodeOf("docs/folder/page.md")`.
 *
 * `runsAllCodeOf` fails if a block did not run to its end; `coverage.test.ts` fails if a page with
 * code is in no such list. A block that begins with "```ts before" is code of other packages: it is
 * parsed, and not run. Blocks of `tsx`, `js`, `json`, `bash` and `sh` are checked there, too.
 */
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { modelPath } from "@embeddinggemma/tiny-model";
import { endOfBlock } from "./ran-blocks.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** The TypeScript code of a README, in a folder with this repository's packages installed. */
export interface ReadmeCode {
  folder: string;
  /** Path of a program with all blocks that name no file. It exports what the blocks declare. */
  program: string;
}

/**
 * Writes the code of a README to a new folder. A block that begins with a comment such as
 * `// search.ts` becomes a file with that name. The other blocks become one program. The code uses
 * the tiny model instead of the README's model.
 *
 * @param readme - path in this repository
 * @param section - only the code under this second-level heading, or "" for the code before the
 * first one; by default all code of the file
 * @param port - what the code uses in place of the port 8080
 */
export async function writeReadmeCode(
  folder: string,
  readme: string,
  section?: string,
  port = 8080,
): Promise<ReadmeCode> {
  await mkdir(folder);
  await symlink(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const blocks = blocksOf(await readFile(join(root, readme), "utf8"), section);
  const program: string[] = [];
  for (const { code, number } of blocks) {
    const block = code.replaceAll("8080", String(port)) + endOfBlock(readme, number);
    const name = block.match(/^\/\/ (\S+\.ts)\n/)?.[1];
    if (name) await writeFileIn(folder, name, block);
    else program.push(block);
  }
  const path = join(folder, "program.ts");
  await writeFile(path, asModule(program.join("")));
  return { folder, program: path };
}

async function writeFileIn(folder: string, name: string, code: string): Promise<void> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, code);
}

/** The output that a README, or one of its sections, shows for its code: its blocks of text. */
export async function printedOutput(readme: string, section?: string): Promise<string[]> {
  const text = sectionOf(await readFile(join(root, readme), "utf8"), section);
  return Array.from(text.matchAll(/```text\n(.*?)```/gs), ([, output]) => output!.trimEnd());
}

/** A block of TypeScript, and its place among those of the page. */
interface Block {
  code: string;
  number: number;
}

/** The headings of the sections that have TypeScript code, one for each block. */
export async function codeSections(readme: string): Promise<string[]> {
  const text = await readFile(join(root, readme), "utf8");
  return sectionsOf(text).flatMap((part) => codeIn(part).map(() => headingOf(part)));
}

function blocksOf(text: string, section: string | undefined): Block[] {
  const all = sectionsOf(text).flatMap((part) =>
    codeIn(part).map((code) => ({ code, heading: headingOf(part) })),
  );
  const blocks = all
    .map(({ code, heading }, number) => ({
      code: code.replaceAll('"onnx-community/embeddinggemma-300m-ONNX"', JSON.stringify(modelPath)),
      heading,
      number,
    }))
    .filter(({ heading }) => section === undefined || heading === section);
  if (blocks.length === 0)
    throw new Error(`No TypeScript code was found${section ? ` under "${section}"` : ""}.`);
  return blocks;
}

function codeIn(text: string): string[] {
  return Array.from(text.matchAll(/^ *```ts\n(.*?)^ *```/gms), ([, code]) => code!);
}

function sectionsOf(text: string): string[] {
  return text.split(/^(?=## )/m);
}

function sectionOf(text: string, section: string | undefined): string {
  if (section === undefined) return text;
  return sectionsOf(text)
    .filter((part) => headingOf(part) === section)
    .join("");
}

/** "" for the part before the first heading. */
function headingOf(part: string): string {
  return part.match(/^## (.*)$/m)?.[1] ?? "";
}

function asModule(code: string): string {
  return code.replaceAll(/^(?=(?:const|let|class|function|async function) )/gm, "export ");
}
