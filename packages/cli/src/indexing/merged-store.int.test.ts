import { execFileSync } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { run } from "../testing/run-program.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

it("says how to resolve a merge conflict of Git, which then works", async () => {
  const folder = await temporaryFolder();
  const store = join(folder, "docs.store");
  const identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
  const git = (...argv: string[]) =>
    execFileSync("git", [...identity, ...argv], { cwd: folder, stdio: "pipe" });
  const write = (name: string) => writeFile(join(folder, `${name}.md`), `About ${name}.`);
  const index = async () => {
    const argv = ["index", folder, "--root", folder, "--store", store, "--json", "--model", "tiny"];
    const { output, errors } = await run(argv);
    return { errors, ...(JSON.parse(output || "{}") as object) };
  };
  const commit = async (branch: string, ...names: string[]) => {
    git("checkout", "--quiet", "-B", branch);
    await Promise.all(names.map(write));
    await index();
    git("add", ".");
    git("commit", "--quiet", "--message", branch);
  };
  git("init", "--quiet");
  await commit("main", "mars", "venus");
  await writeFile(join(store, ".gitattributes"), "* -text\n");
  await commit("other", "saturn");
  git("checkout", "--quiet", "main");
  await rm(join(folder, "venus.md"));
  await commit("main", "neptune");
  expect(() => git("merge", "--quiet", "other")).toThrow();

  const advice =
    "has a merge conflict of Git. Take the whole store of your branch with `git checkout HEAD " +
    `${store}\`, and run \`index\` again: it embeds only what is missing.\n`;
  expect((await index()).errors).toBe(`error: ${store}/embeddinggemma.json ${advice}`);
  const search = await run(["search", "saturn", "--store", store]);
  expect(search.errors).toBe(`error: ${store}/faiss-store.json ${advice}`);

  git("checkout", "HEAD", store);
  expect(await index()).toMatchObject({ errors: "", embedded: 1, store: { chunks: 3 } });
  git("add", ".");
  git("commit", "--quiet", "--message", "merge");
  expect(await readFile(join(store, "faiss-store.json"), "utf8")).not.toContain("<<<<");
  expect(await index()).toMatchObject({ errors: "", unchanged: 3, embedded: 0 });
});
