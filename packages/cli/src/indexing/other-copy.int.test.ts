import { cp, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { run } from "../testing/run-program.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = await temporaryFolder();
const [anna, ben] = [join(folder, "anna"), join(folder, "ben")];
const store = join(folder, "shared/docs.store");
const index = async (person: string, ...flags: string[]) => {
  const argv = ["index", join(person, "docs"), "--store", store, "--json", ...flags];
  const { code, output, errors } = await run(argv);
  return { code, errors, ...JSON.parse(output || "{}") };
};

beforeEach(async () => {
  for (const old of [anna, ben, store]) await rm(old, { recursive: true, force: true });
  await mkdir(join(anna, "docs"), { recursive: true });
  for (const name of ["mars", "venus"])
    await writeFile(join(anna, `docs/${name}.txt`), `${name} is a planet.`);
  expect(await index(anna, "--model", "tiny", "--root", anna)).toMatchObject({ added: 2 });
  await cp(anna, ben, { recursive: true });
  await writeFile(join(ben, "docs/venus.txt"), "Venus is hot.");
  // As on another machine.
  await rename(anna, `${anna}.off`);
  return () => rm(`${anna}.off`, { recursive: true });
});

it("refuses a copy of files whose folder is not there, and updates them with --root", async () => {
  const { code, errors } = await index(ben);
  expect(code).toBe(1);
  expect(errors).toContain(
    `error: 2 of 2 new files have the names of files of the store, such as docs/mars.txt, which ` +
      `are not in ${anna} now. If they are the same files, add --root ${ben}: the store then ` +
      `takes them from there. To add them beside the others, add --root ${anna}.\n`,
  );
  const updated = await index(ben, "--root", ben);
  expect(updated).toMatchObject({ code: 0, added: 0, changed: 1, unchanged: 1, errors: "" });
  expect(updated.store.chunks).toBe(2);
  expect(await index(ben)).toMatchObject({ code: 0, unchanged: 2 });
});

it("refuses a second clone on this machine, unless some of it was added on purpose", async () => {
  await rename(`${anna}.off`, anna);
  await mkdir(`${anna}.off`);
  await writeFile(join(ben, "docs/earth.txt"), "The Earth is blue.");
  const { code, errors } = await index(ben);
  expect(code).toBe(1);
  expect(errors).toContain(
    `error: 2 of 3 new files have the names of files of the store, such as docs/mars.txt, which ` +
      `are in ${anna} now. If they are the same files, add --root ${ben}: `,
  );
  expect(await index(ben, "--root", anna)).toMatchObject({ code: 0, added: 3 });
  for (const person of [anna, ben]) await writeFile(join(person, "docs/moon.txt"), "A moon.");
  for (const person of [anna, ben])
    expect(await index(person)).toMatchObject({ code: 0, added: 1 });
});

it("refuses a second clone also if one of its files was added before", async () => {
  await rename(`${anna}.off`, anna);
  await mkdir(`${anna}.off`);
  await writeFile(join(ben, "docs/venus.txt"), "venus is a planet.");
  await writeFile(join(ben, "docs/new.txt"), "A comet.");
  const argv = ["index", join(ben, "docs/new.txt"), "--store", store];
  expect(await run(argv)).toMatchObject({ code: 0 });
  const { code, errors } = await index(ben);
  expect(code).toBe(1);
  expect(errors).toContain("error: 2 of 2 new files have the names of files of the store, such");
});

it("adds other files that have names of files that are there", async () => {
  await rename(`${anna}.off`, anna);
  await mkdir(`${anna}.off`);
  await writeFile(join(ben, "docs/mars.txt"), "Mars is red.");
  expect(await index(ben)).toMatchObject({ code: 0, added: 2 });
});

it("adds a copy beside the others with the --root of the store", async () => {
  const beside = await index(ben, "--root", anna);
  expect(beside).toMatchObject({ code: 0, added: 2, store: { chunks: 4 } });
});

it("takes files that only have names of the store for new ones", async () => {
  await writeFile(join(ben, "docs/mars.txt"), "Mars is red.");
  expect(await index(ben)).toMatchObject({ code: 0, added: 2 });
});

it("advises the root that most copies have, whatever else ends like their names", async () => {
  const names = ["README.md", "docs/README.md", "docs/guide.md"];
  await rename(`${anna}.off`, anna);
  await rm(store, { recursive: true });
  for (const person of [anna, ben])
    for (const name of names) await writeFile(join(person, name), `This is ${name}.`);
  const argv = ["index", anna, "--store", store, "--model", "tiny", "--root", anna];
  expect(await run([...argv, "--include", "*.md"])).toMatchObject({ code: 0 });
  await rename(anna, `${anna}.off`);
  const { code, errors } = await index(ben, "--include", "*.md");
  expect(code).toBe(1);
  expect(errors).toContain("2 of 2 new files have the names of files of the store, such as docs/");
  expect(errors).toContain(`add --root ${ben}: the store`);
});

it("refuses a --root that is no folder, but for that of the store", async () => {
  for (const root of [join(folder, "nowere"), join(ben, "docs/mars.txt")])
    expect(await index(ben, "--root", root)).toMatchObject({
      ...{ code: 2, errors: `error: There is no folder ${root}. Check --root.\n` },
    });
});
