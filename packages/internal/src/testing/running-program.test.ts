import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { endPrograms, startProgram } from "./running-program.ts";

const folder = await mkdtemp(join(tmpdir(), "running-program-"));
const path = join(folder, "program.mjs");

afterAll(async () => {
  endPrograms();
  await rm(folder, { recursive: true });
});

it("finds what a program prints last, and says how it ended without it", async () => {
  await writeFile(path, "console.log('last words'); process.exitCode = 3;");
  const program = startProgram(path, []);
  expect(await program.find(/last (\w+)/)).toHaveProperty("1", "words");
  await expect(program.find(/more/)).rejects.toThrow("ended (exit code 3): last words");
  expect(await program.exit()).toBe(3);
});

it("does not wait for the output of a program that was killed", async () => {
  await writeFile(path, "console.log('started'); setInterval(() => {}, 1_000);");
  const program = startProgram(path, []);
  await program.find(/started/);
  const found = program.find(/never/);
  program.child.kill("SIGKILL");
  await expect(found).rejects.toThrow("ended (SIGKILL): started");
  expect(await program.exit()).toBe(null);
});
