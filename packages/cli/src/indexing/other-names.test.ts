import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { otherNames } from "./other-names.ts";

const folder = await temporaryFolder();
const [anna, ben] = [join(folder, "anna"), join(folder, "ben")];
const names = ["a.txt", "b.txt", "c.txt"];
for (const person of [anna, ben]) await mkdir(person);
for (const name of names) await writeFile(join(anna, name), "Mars is red.");
for (const name of names.slice(1)) await writeFile(join(ben, name), "Mars is red.");

it("keeps the names of a copy elsewhere that lacks some files", () => {
  expect([...otherNames(names, anna, ben)]).toEqual([]);
  expect([...otherNames([join(ben, "x.txt")], anna, ben)]).toEqual([[join(ben, "x.txt"), "x.txt"]]);
});

it("renames files below a folder above, where some have their names by chance", async () => {
  for (const name of names.slice(1)) await writeFile(join(folder, name), "Venus is hot.");
  const renamed = names.map((name) => [name, `anna/${name}`]);
  expect([...otherNames(names, anna, folder)]).toEqual(renamed);
});

it.each(["anna", "gone"])("renames files of %s whose new root is a folder without them", (old) => {
  const renamed = names.map((name) => [name, join(folder, old, name)]);
  expect([...otherNames(names, join(folder, old), join(folder, "none"))]).toEqual(renamed);
});
