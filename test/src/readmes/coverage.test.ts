import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { blocksIn, pagesForUsers, textOf } from "./pages.ts";
import { codeSections } from "./readme-code.ts";

const folder = import.meta.dirname;
const pages = pagesForUsers();

/** The pages and folders in the lists of `runsAllCodeOf`. */
const covered = readdirSync(folder)
  .filter((name) => name.endsWith(".int.test.ts"))
  .flatMap((name) =>
    Array.from(readFileSync(join(folder, name), "utf8").matchAll(/^runsAllCodeOf\((.*?)\);$/gms)),
  )
  .flatMap(([, list]) => Array.from(list!.matchAll(/"(.*?)"/g), ([, path]) => path!));

it("runs the TypeScript code of every page", async () => {
  const withCode: string[] = [];
  for (const page of pages) if ((await codeSections(page)).length > 0) withCode.push(page);
  const isCovered = (page: string) =>
    covered.some((path) => page === path || page.startsWith(`${path}/`));
  expect(withCode.length).toBeGreaterThan(0);
  expect(withCode.filter((page) => !isCovered(page))).toEqual([]);
});

const pagesWith = (...languages: string[]) =>
  pages.filter((page) => blocksIn(page, ...languages).length > 0);

const languages = ["ts", "tsx", "js"];
const parsed = languages.flatMap((language) => pagesWith(language).map((page) => [language, page]));
it.each(parsed as [string, string][])("has code in %s that parses: %s", (language, page) => {
  for (const code of blocksIn(page, language)) {
    const { diagnostics } = ts.transpileModule(code, {
      fileName: `code.${language}`,
      reportDiagnostics: true,
      compilerOptions: {
        target: ts.ScriptTarget.ESNext,
        module: ts.ModuleKind.ESNext,
        jsx: ts.JsxEmit.Preserve,
      },
    });
    const messages = diagnostics?.map(({ messageText }) => messageText);
    expect(messages, code).toEqual([]);
  }
});

it.each(pagesWith("json"))("has JSON that parses: %s", (page) => {
  for (const code of blocksIn(page, "json")) expect(() => JSON.parse(code), code).not.toThrow();
});

describe("commands", () => {
  const manifest = (path: string) => JSON.parse(textOf(path));
  const scripts = Object.keys(manifest("package.json").scripts);
  const ours = readdirSync(join(folder, "../../../packages")).map(
    (name) => manifest(`packages/${name}/package.json`).name as string,
  );
  const others = Object.keys({
    ...manifest("package-lock.json").packages,
  }).map((path) => path.replace(/^.*node_modules\//, ""));
  const known = new Set([...ours, ...others]);

  it.each(pagesWith("bash", "sh"))("name scripts and packages that exist: %s", (page) => {
    const lines = blocksIn(page, "bash", "sh").flatMap((code) =>
      code.replaceAll(/\\\n/g, " ").split(/\n|&&/),
    );
    for (const line of lines) {
      const words = line.replace(/ #.*/, "").trim().split(/\s+/);
      const names = words.filter((word) => !word.startsWith("-")).slice(words[0] === "npx" ? 1 : 2);
      if (/^npm (run|run-script)\b/.test(line.trim())) expect(scripts).toContain(names[0]);
      else if (/^(npm (install|i)|npx)\b/.test(line.trim())) {
        const packages = words[0] === "npx" ? names.slice(0, 1) : names;
        for (const name of packages) expect(known, line).toContain(withoutVersion(name));
      }
    }
  });
});

/** `openai@^6` without its version. */
function withoutVersion(name: string): string {
  return name.replace(/(?<=.)@.*/, "");
}
