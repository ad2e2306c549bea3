import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { expect, it } from "vitest";
import { pagesForUsers, textOf } from "./pages.ts";

const root = resolve(import.meta.dirname, "../../..");

it("the TypeScript code of all pages compiles with the packages' types", () => {
  const cache = join(root, "node_modules/.cache"); // from where imports find the packages
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "pages-"));
  try {
    const isWritten = pagesForUsers().map((page) => writePrograms(page, join(folder, page)));
    expect(isWritten).toContain(true);
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions }));
    expect(compile(folder)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const compilerOptions = {
  module: "nodenext",
  target: "es2023",
  strict: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: true, // for LlamaIndex's own types
  noEmit: true,
  allowImportingTsExtensions: true,
  types: ["node"],
};

/** Writes the code of a page: each block with a file name, and the others as programs. */
function writePrograms(page: string, folder: string): boolean {
  const blocks = Array.from(textOf(page).matchAll(/^ *```ts\n(.*?)^ *```/gms), ([, code]) => code!);
  const programs: Program[] = [];
  for (const block of blocks) {
    const name = block.match(/^\/\/ (\S+\.ts)\n/)?.[1];
    if (name) write(join(folder, name), block);
    else addTo(programs, block);
  }
  for (const [index, { code }] of programs.entries())
    write(join(folder, `program-${index}.ts`), `${code}export {};\n`);
  return blocks.length > 0;
}

/** A section that declares a name again is read by itself, so its program is a new one. */
interface Program {
  code: string;
  readonly names: Set<string>;
}

function addTo(programs: Program[], block: string): void {
  const names = declaredIn(block);
  let program = programs.at(-1);
  if (!program || names.some((name) => program!.names.has(name))) {
    program = { code: "", names: new Set() };
    programs.push(program);
  }
  program.code += block;
  for (const name of names) program.names.add(name);
}

function declaredIn(block: string): string[] {
  const keyword = "import|const|let|class|interface|type|(?:async )?function";
  const declaration = new RegExp(
    `^(?:export )?(?:${keyword}) (?:type )?(\\w+|[{[].*?[}\\]])`,
    "gms",
  );
  const name = /\w+(?=\s*(?:[,}\]=]|$))/g;
  return Array.from(block.matchAll(declaration), ([, names]) => names!.match(name) ?? []).flat();
}

/** What the compiler reports, without names of the page's other programs, which the run finds. */
function compile(folder: string): string[] {
  const compiler = createRequire(import.meta.url).resolve("typescript-7/package.json");
  const command = [join(dirname(compiler), "bin/tsc"), "-p", folder, "--pretty", "false"];
  try {
    execFileSync(process.execPath, command, { cwd: folder, encoding: "utf8" });
    return [];
  } catch (error) {
    const { stdout } = error as { stdout: string };
    const isOfOtherProgram = /error TS(2304|2552|18004):/;
    return stdout
      .split("\n")
      .filter((line) => line.includes("error") && !isOfOtherProgram.test(line));
  }
}

function write(path: string, code: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, code);
}
