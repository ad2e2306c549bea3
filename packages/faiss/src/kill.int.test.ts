import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FaissStoreError } from "./errors.ts";
import { FaissStore } from "./faiss-store.ts";
import { buildPackage } from "./testing/built-package.ts";
import { applyToMap, type Item } from "./testing/history.mjs";
import { seededRandom } from "./testing/random-vectors.ts";
import type { FaissStoreOptions } from "./types.ts";

const program = join(import.meta.dirname, "testing/saving-process.mjs");
let folder: string;
let built: Awaited<ReturnType<typeof buildPackage>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "faiss-kill-"));
  built = await buildPackage();
}, 60_000);
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await built.remove();
});

/**
 * Starts a process that saves to several folders at once, and kills it `delay` milliseconds after
 * it has printed a number of lines. One kill interrupts saves to many folders, at different
 * moments.
 *
 * @returns for each folder, the last steps whose saves have begun and ended
 */
async function saveAndKill(
  directories: string[],
  options: FaissStoreOptions,
  lines: number,
  delay: number,
) {
  const child = spawn(process.execPath, [
    program,
    built.entry,
    JSON.stringify(options),
    ...directories,
  ]);
  let output = "";
  let errors = "";
  child.stderr.on("data", (text) => {
    errors += text;
  });
  const ended = new Promise((resolve) => child.on("close", resolve));
  await new Promise<void>((resolve) => {
    child.stdout.on("data", (text) => {
      output += text;
      if (output.split("\n").length > lines) resolve();
    });
    child.on("close", () => resolve());
  });
  await sleep(delay);
  child.kill("SIGKILL");
  await ended;
  expect(errors).toBe("");
  const last = (word: string, directory: string) =>
    Number(
      [...output.matchAll(new RegExp(`${word} .*/${basename(directory)} (\\d+)\n`, "g"))].at(
        -1,
      )?.[1] ?? 0,
    );
  return directories.map((directory) => ({
    begun: last("begin", directory),
    ended: last("end", directory),
  }));
}

/** What a folder should contain, step by step. */
class History {
  readonly directory: string;
  readonly #model = new Map<string, Item>();
  step = 0;
  interruptedSaves = 0;

  constructor(directory: string) {
    this.directory = directory;
  }

  async check({ begun, ended }: { begun: number; ended: number }): Promise<void> {
    const store = await FaissStore.open<Item["record"]>(this.directory, {
      engine: "builtin",
    }).catch((error: unknown) => {
      expect(FaissStoreError.isInstance(error) && error.code).toBe("NOT_A_STORE");
      return undefined;
    });
    const found = store?.get("step")?.record.step ?? 0;
    expect(found, "no save that has ended is lost").toBeGreaterThanOrEqual(
      Math.max(this.step, ended),
    );
    expect(found, "nothing is there that was not saved").toBeLessThanOrEqual(
      Math.max(this.step, begun),
    );
    if (begun > ended) this.interruptedSaves++;
    while (this.step < found) applyToMap(this.#model, ++this.step);
    if (!store) return;
    expect(store.ids()).toEqual([...this.#model.keys()]);
    for (const { id, record } of store) expect(record).toEqual(this.#model.get(id)?.record);
  }
}

async function killRepeatedly(
  names: string[],
  kills: number,
  options: FaissStoreOptions,
  seed: number,
) {
  const random = seededRandom(seed);
  const histories = names.map((name) => new History(join(folder, name)));
  for (let kill = 0; kill < kills; kill++) {
    const directories = histories.map(({ directory }) => directory);
    const lines = Math.floor(names.length * (1 + 2 * random()));
    const reports = await saveAndKill(directories, options, lines, random() * 10);
    for (const [position, history] of histories.entries()) await history.check(reports[position]!);
  }
  return {
    interruptedSaves: histories.reduce((sum, { interruptedSaves }) => sum + interruptedSaves, 0),
    steps: histories.reduce((sum, { step }) => sum + step, 0),
  };
}

describe("a process that is killed while it saves", () => {
  it("leaves the old state or the new one, in 12 folders with 8 kills each", {
    timeout: 120_000,
  }, async () => {
    const names = Array.from({ length: 12 }, (_, position) => `flat-${position}`);
    const { interruptedSaves, steps } = await killRepeatedly(names, 8, { engine: "builtin" }, 1);
    expect(interruptedSaves, "most kills interrupt a save").toBeGreaterThan(48);
    expect(steps).toBeGreaterThan(10);
    // The next save removes the files that a killed one has left.
    for (const name of names) expect((await readdir(join(folder, name))).length).toBeLessThan(30);
  });

  it("leaves the old state or the new one with an index that FAISS writes", {
    timeout: 120_000,
  }, async () => {
    const options = { engine: "faiss", scanBelow: 0, index: "HNSW8,Flat" } as const;
    const { steps } = await killRepeatedly(
      ["graph-1", "graph-2", "graph-3", "graph-4"],
      4,
      options,
      2,
    );
    expect(steps).toBeGreaterThan(2);
  });

  it("leaves an intact store, or none, in a folder that had none", {
    timeout: 120_000,
  }, async () => {
    for (let round = 0; round < 3; round++) {
      const names = Array.from({ length: 8 }, (_, position) => `fresh-${round}-${position}`);
      await killRepeatedly(names, 1, { engine: "builtin" }, 100 + round);
    }
  });
});
