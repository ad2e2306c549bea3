import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, expect, it, vi } from "vitest";
import { path, paths } from "./parse-path.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

it("expands what a shell leaves after =, and file: URLs", () => {
  vi.stubEnv("HOME", import.meta.dirname);
  vi.stubEnv("USERPROFILE", import.meta.dirname);
  expect(path("~/docs.store")).toBe(join(import.meta.dirname, "docs.store"));
  expect(path(pathToFileURL(import.meta.filename).href)).toBe(import.meta.filename);
  expect(paths("~", ["a"])).toEqual(["a", import.meta.dirname]);
});

it.each(["docs.store", "./docs/", "../docs", "-"])("leaves %j as it is written", (text) => {
  expect(path(text)).toBe(text);
});

it("refuses an empty path, which would stand for the current folder", () => {
  expect(() => path("")).toThrow("It is empty: is a variable of your shell not set?");
  expect(() => paths("", ["a"])).toThrow("It is empty");
});

it("refuses what is on another machine", () => {
  expect(() => path("https://example.com/docs")).toThrow("Only files on this machine");
});
