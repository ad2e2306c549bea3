import { tmpdir } from "node:os";
import { expect, it } from "vitest";
import { findApplication } from "../application.ts";
import type { Surroundings } from "../finding.ts";
import { checkMemory } from "./memory.ts";
import { checkModel } from "./model.ts";
import { checkNodeVersion } from "./node-version.ts";
import { checkSystem } from "./system.ts";

it.each([
  ["20.19.0", "fine"],
  ["22.0.0", "fine"],
  ["20.18.3", "problem"],
  ["18.20.0", "problem"],
])("Node.js %s: %s", (version, status) => {
  expect(checkNodeVersion(null, version).status).toBe(status);
});

it("knows Alpine's musl, and systems without ONNX Runtime", () => {
  const musl = { platform: "linux", arch: "x64", glibc: undefined };
  expect(checkSystem(null, musl)).toMatchObject({
    status: "problem",
    summary: expect.stringContaining("Alpine"),
    advice: expect.stringContaining("bookworm"),
  });
  expect(checkSystem(null, { ...musl, arch: "riscv64" }).advice).toContain("--url");
  expect(checkSystem(null, { ...musl, glibc: "2.36" }).summary).toBe("linux x64, glibc 2.36");
});

it("warns of scarce memory", () => {
  expect(checkMemory(null, 5e9).summary).toMatch(/core.*, 5.0 GB of memory free/);
  expect(checkMemory(null, 1e8)).toMatchObject({
    status: "warning",
    advice: expect.stringContaining("--dtype q4"),
  });
});

it("does not load a model where ONNX Runtime does not work", async () => {
  const application = findApplication(tmpdir());
  const surroundings = { application, flags: {}, problems: new Set(["runtime"]) };
  expect(await checkModel(surroundings as unknown as Surroundings)).toEqual({
    status: "untried",
    summary: "model: not tried, since ONNX Runtime does not work",
  });
});
