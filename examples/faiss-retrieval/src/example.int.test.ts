import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const main = fileURLToPath(new URL("main.mjs", import.meta.url));

it("searches, filters and compares", async () => {
  const env = { ...process.env, NODE_OPTIONS: "" };
  const { stdout } = await promisify(execFile)(process.execPath, [main], { env });
  expect(stdout).toContain("3456 texts of 768 numbers, engine faiss");
  const [, music = ""] = stdout.match(/only about music:\n((?: .*\n)+)/) ?? [];
  expect(music.trim().split("\n")).toHaveLength(3);
  for (const line of music.trim().split("\n")) expect(line).toMatch(/violins|church bells|jazz records/);
  const recalls = [...stdout.matchAll(/^ {2}(\S.*\S) +\d+\.\d+ +(\d\.\d+)$/gm)].map(([, name, recall]) => [
    name,
    Number(recall),
  ]);
  expect(recalls.map(([name]) => name)).toEqual([
    "768 numbers, Flat",
    "256 of 768, Flat",
    "128 of 768, Flat",
    "preset balanced",
    "preset small",
  ]);
  for (const [, recall] of recalls) expect(recall).toBeGreaterThan(0.8);
}, 120_000);
