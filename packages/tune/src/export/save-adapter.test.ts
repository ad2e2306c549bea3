import { readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Adapter } from "@embeddinggemma/core";
import { expect, test } from "vitest";
import { temporaryFiles } from "../testing/temporary-files.ts";
import { saveAdapter } from "./save-adapter.ts";

const adapterOf = (first: number) =>
  Adapter.from({
    sides: "query",
    dimension: 2,
    weights: { delta: Float32Array.of(first, 0, 0, 0) },
    base: { model: "a-model", identity: "a-model?recipe=1" },
  });

test("writes a folder that can be loaded, and replaces an adapter", async () => {
  const parent = await temporaryFiles({});
  const folder = join(parent, "new", "planets");
  await saveAdapter(adapterOf(1), folder);
  expect((await Adapter.load(folder)).digest).toBe(adapterOf(1).digest);
  await saveAdapter(adapterOf(2), folder);
  expect((await Adapter.load(folder)).digest).toBe(adapterOf(2).digest);
  expect(await readdir(join(parent, "new"))).toEqual(["planets"]);
});

test("refuses a folder with other files, and a file", async () => {
  const parent = await temporaryFiles({});
  await writeFile(join(parent, "notes.txt"), "mine");
  const refused = { code: "INVALID_ARGUMENT" };
  await expect(saveAdapter(adapterOf(1), parent)).rejects.toMatchObject(refused);
  await expect(saveAdapter(adapterOf(1), join(parent, "notes.txt"))).rejects.toMatchObject(refused);
  expect(await readdir(parent)).toEqual(["notes.txt"]);
});

test("calls at once for one folder leave one whole adapter", async () => {
  const parent = await temporaryFiles({});
  const folder = join(parent, "planets");
  const adapters = Array.from({ length: 8 }, (_, first) => adapterOf(first));
  await Promise.all(adapters.map((adapter) => saveAdapter(adapter, folder)));
  const { digest } = await Adapter.load(folder);
  expect(adapters.map((adapter) => adapter.digest)).toContain(digest);
  expect(await readdir(parent)).toEqual(["planets"]);
});

test("says why a folder cannot be written", async () => {
  const parent = await temporaryFiles({});
  await symlink(join(parent, "nowhere", "at all"), join(parent, "link"));
  await expect(saveAdapter(adapterOf(1), join(parent, "link", "planets"))).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: expect.stringMatching(/^The adapter could not be saved to ".*planets": .*mkdir/),
    cause: expect.any(Error),
  });
});

test.for<[unknown, RegExp]>([
  [null, /^adapter must be an Adapter; null was given\.$/],
  [{ adapter: adapterOf(1) }, /Pass `adapter` of the report\.$/],
  [Promise.resolve(adapterOf(1)), /Add the missing `await`\.$/],
])("refuses what is no adapter: %#", async ([adapter, message]) => {
  const folder = join(await temporaryFiles({}), "new");
  await expect(saveAdapter(adapter as Adapter, folder)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: expect.stringMatching(message),
  });
});
