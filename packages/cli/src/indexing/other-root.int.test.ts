import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { run } from "../testing/run-program.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = await temporaryFolder();
const project = join(folder, "project");
const store = join(folder, "docs.store");
const names = ["docs/a.txt", "docs/b.txt", "docs/docs/a.txt", "notes/c.txt"];

async function index(root: string, ...places: string[]) {
  const paths = places.map((place) => join(project, place));
  const argv = ["index", ...paths, "--store", store, "--root", join(project, root), "--json"];
  const { output, errors } = await run(argv);
  return { errors, ...JSON.parse(output || "{}") };
}

async function sources(): Promise<string[]> {
  const { output } = await run(["search", "x", "--store", store, "-k", "9", "--json"]);
  const hits: { metadata: { source: string } }[] = JSON.parse(output);
  return hits.map(({ metadata }) => metadata.source).sort();
}

beforeEach(async () => {
  for (const old of [project, store]) await rm(old, { recursive: true, force: true });
  for (const name of names) {
    await mkdir(dirname(join(project, name)), { recursive: true });
    await writeFile(join(project, name), `This is ${name}.`);
  }
  const argv = ["index", project, "--store", store, "--model", "tiny", "--root"];
  expect(await run([...argv, join(project, "docs")])).toMatchObject({ code: 0, errors: "" });
  expect(await sources()).toEqual([
    join(project, "notes/c.txt"),
    ...["a.txt", "b.txt", "docs/a.txt"],
  ]);
});

it("gives all files their names below another --root, and embeds nothing again", async () => {
  const renamed = { errors: "", embedded: 0, removed: 0, unchanged: 1, store: { chunks: 4 } };
  expect(await index("", "docs/b.txt")).toMatchObject(renamed);
  expect(await sources()).toEqual(names);
  expect(await index("", "")).toMatchObject({ ...renamed, unchanged: 4 });
  expect(await index("docs", "docs/b.txt")).toMatchObject(renamed);
  expect((await sources()).slice(1)).toEqual(["a.txt", "b.txt", "docs/a.txt"]);
});

it("finds what has changed or is gone below another --root", async () => {
  await rm(join(project, "docs/a.txt"));
  await writeFile(join(project, "docs/b.txt"), "Mars is red.");
  expect(await index("", "")).toMatchObject({
    ...{ errors: "", added: 0, changed: 1, removed: 1, leftOut: 0, unchanged: 2 },
    store: { chunks: 3 },
  });
  expect(await sources()).toEqual(names.slice(1));
});
