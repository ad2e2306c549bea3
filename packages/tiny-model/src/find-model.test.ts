import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { findModel } from "./find-model.ts";
import { modelPath } from "./index.ts";

const workingDirectory = process.cwd();
const [, program] = process.argv;
let folder: string;

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "find-model-")));
  const installed = join(folder, "application/node_modules/@embeddinggemma/tiny-model");
  mkdirSync(join(folder, "application/out"), { recursive: true });
  mkdirSync(join(folder, "empty"));
  cpSync(modelPath, join(installed, "model"), {
    recursive: true,
    filter: (path) => !path.includes("onnx"),
  });
  writeFileSync(join(installed, "package.json"), "{}");
});
afterEach(() => {
  process.chdir(workingDirectory);
  process.argv[1] = program!;
});
afterAll(() => rmSync(folder, { recursive: true }));

const installedModel = () =>
  join(folder, "application/node_modules/@embeddinggemma/tiny-model/model");
const urlOf = (...segments: string[]) => pathToFileURL(join(folder, ...segments)).href;

it("finds the model beside the code", () => {
  expect(findModel(import.meta.url)).toBe(modelPath);
});

it("finds the installed model for code in a bundle", () => {
  process.chdir(join(folder, "empty"));
  process.argv[1] = join(folder, "empty/main.cjs");
  expect(findModel(urlOf("application/out/main.js"))).toBe(installedModel());
});

it.each(["file:///ROOT/node_modules/x/index.js", undefined, ""])(
  "finds the model where the program or the working directory has it, from %j",
  (url) => {
    process.chdir(join(folder, "empty"));
    process.argv[1] = join(folder, "application/out/main.cjs");
    expect(findModel(url)).toBe(installedModel());
    process.argv[1] = join(folder, "empty/main.cjs");
    process.chdir(join(folder, "application"));
    expect(findModel(url)).toBe(installedModel());
  },
);

it("says that it was bundled if the package is not installed", () => {
  process.chdir(join(folder, "empty"));
  process.argv[1] = join(folder, "empty/main.cjs");
  const path = join(folder, "empty/model");
  expect(() => findModel(urlOf("empty/out/main.js"))).toThrow(
    `The files of @embeddinggemma/tiny-model are not in ${path}. A bundler has moved the code`,
  );
  expect(() => findModel(undefined)).toThrow(/a folder beside its code.*serverExternalPackages/);
});
