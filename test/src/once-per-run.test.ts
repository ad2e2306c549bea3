import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { oncePerRun } from "../../vitest.once.ts";

test("what test files share is made once for each state of its sources", async () => {
  const folder = await mkdtemp(join(tmpdir(), "once-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  let made = 0;
  const make = () => oncePerRun("shared", [folder], async () => ++made);
  await writeFile(join(folder, "source.ts"), "");
  expect(await Promise.all([make(), make()])).toEqual([1, 1]);
  await utimes(join(folder, "source.ts"), 0, Date.now() / 1000 + 10);
  expect(await make()).toBe(2);
});

test("if it cannot be made, all test files get the error", async () => {
  const make = () =>
    oncePerRun("broken", [], () => {
      throw new Error("It does not compile");
    });
  const failures = await Promise.allSettled([make(), make()]);
  for (const failure of failures)
    expect(failure).toMatchObject({ reason: { message: expect.stringMatching(/not compile/) } });
});
