import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { folderOf } from "../../../test-support/folder-of.ts";
import { resourcesFor } from "./resources.ts";

const mib = 2 ** 20;
const graphFile = { path: "model.onnx", dtype: "fp32" } as const;
let path: string;

beforeAll(async () => {
  path = await mkdtemp(join(tmpdir(), "resources-"));
  for (const [name, size] of [
    ["model.onnx", 10],
    ["weights", 1000],
  ] as const) {
    await writeFile(join(path, name), "");
    await truncate(join(path, name), size * mib);
  }
});

afterAll(() => rm(path, { recursive: true }));

test("says what this machine has", async () => {
  const { cores, freeMemory, threads } = await resourcesFor(folderOf(path), { graphFile });
  expect(cores).toBeGreaterThanOrEqual(1);
  expect(cores).toBeLessThanOrEqual(availableParallelism());
  expect(freeMemory).toBeGreaterThan(mib);
  expect(freeMemory).toBeLessThanOrEqual(totalmem());
  expect(threads).toBeUndefined();
});

test("knows the number of threads if it was chosen", async () => {
  const sessionOptions = { intraOpNumThreads: 3 };
  expect(await resourcesFor(folderOf(path), { graphFile, sessionOptions })).toMatchObject({
    threads: 3,
  });
});

test("counts a graph and its data files, or those of the prepared graph", async () => {
  const needed = async (options: object, folder = path) =>
    (await resourcesFor(folderOf(folder), { graphFile, ...options })).sessionMemory / mib;
  expect(await needed({})).toBe(150 + 20);
  expect(await needed({ dataFiles: ["weights"] })).toBe(150 + 20 + 1000);
  const preparedGraph = { folder: path, file: graphFile };
  expect(await needed({ preparedGraph }, "/no/such/folder")).toBe(150 + 20 + 1000);
  expect(await needed({ dataFiles: ["missing"] })).toBe(Number.POSITIVE_INFINITY);
});
