import { expect, it } from "vitest";
import * as browser from "./browser.ts";
import * as index from "./index.ts";

const unavailable = expect.objectContaining({
  code: "ENGINE_UNAVAILABLE",
  message: expect.stringMatching(/^FaissStore needs a file system and does not run in browsers\./),
});

const staticNamesOf = (object: object) =>
  Object.getOwnPropertyNames(object)
    .filter((name) => !["length", "name", "prototype"].includes(name))
    .toSorted();

it("has the names of the package", () => {
  expect(Object.keys(browser).toSorted()).toEqual(Object.keys(index).toSorted());
  expect(staticNamesOf(browser.FaissStore)).toEqual(staticNamesOf(index.FaissStore));
});

const { FaissStore, LazyFaissStore, FaissStoreError, ...functions } = browser;

it.each([
  ["new FaissStore", () => new FaissStore()],
  ["new LazyFaissStore", () => new LazyFaissStore()],
  ...["create", "exists", "import", "open"].map((name): [string, () => unknown] => [
    `FaissStore.${name}`,
    () => FaissStore[name as "create"](),
  ]),
  ...Object.entries<() => unknown>(functions),
])("says that %s does not run in browsers", async (_, call) => {
  await expect((async () => call())()).rejects.toEqual(unavailable);
});
