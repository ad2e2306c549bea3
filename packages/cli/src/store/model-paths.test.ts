import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { withAbsolutePaths, withRelativePaths } from "./model-paths.ts";
import { requireFolders } from "./require-folders.ts";

const folder = await temporaryFolder();
const [before, now] = [join(folder, "drive/before/docs.store"), join(folder, "now/docs.store")];

it("leaves the name alone that a server has for its model, which can look like a path", () => {
  const flags = { url: "http://localhost:8000", model: "/models/gemma" };
  expect(withRelativePaths(flags, now)).toEqual(flags);
  expect(withAbsolutePaths(flags, now)).toEqual(flags);
  expect(() => requireFolders(flags, {})).not.toThrow();
  expect(() => requireFolders({ ...flags, adapter: join(folder, "none") }, {})).toThrow("none");
});

it("takes a folder that is nowhere for the one that it was, not for one beside the store", () => {
  const model = join(folder, "drive/before/models/gemma");
  const saved = withRelativePaths({ model }, before);
  expect(saved).toEqual({ model: "../models/gemma" });
  expect(withAbsolutePaths(saved, now, before)).toEqual({ model });
});

it("takes the folder beside a store that was moved, if it is there", async () => {
  await mkdir(join(folder, "now/models/gemma"), { recursive: true });
  const model = join(folder, "now/models/gemma");
  expect(withAbsolutePaths({ model: "../models/gemma" }, now, before)).toEqual({ model });
});
