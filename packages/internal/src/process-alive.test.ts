import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { isProcessAlive } from "./process-alive.ts";

test("this process and its parent are alive, a process that has ended is not", () => {
  expect(isProcessAlive(process.pid)).toBe(true);
  expect(isProcessAlive(process.ppid)).toBe(true);
  expect(isProcessAlive(spawnSync(process.execPath, ["-e", ""]).pid)).toBe(false);
});
