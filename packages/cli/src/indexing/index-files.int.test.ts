import { writeFileSync } from "node:fs";
import {
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Adapter, Embedder } from "@embeddinggemma/core";
import { FaissStore as CoreStore } from "@embeddinggemma/faiss";
import { EmbeddingGemmaEmbeddings, FaissStore } from "@embeddinggemma/langchain";
import { serve } from "@embeddinggemma/server";
import { modelPath } from "@embeddinggemma/tiny-model";
import { saveAdapter } from "@embeddinggemma/tune";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { run } from "../testing/run-program.ts";
import { smallPdf } from "../testing/small-pdf.ts";

let folder = "";
let store = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "index-files-"));
  store = join(folder, ".store");
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const write = (name: string, content: string) => writeFile(join(folder, name), content);

/** Runs `index` on the folder; the model is remembered from the first run. */
async function index(...flags: string[]) {
  const argv = ["index", folder, "--store", store, "--json", "--offline", ...flags];
  const { code, output, errors } = await run(argv);
  return { code, errors, ...(JSON.parse(output || "{}") as { failed?: unknown[] }) };
}

it("makes a store that LangChain loads", async () => {
  await write("mars.md", "# The red planet\n\nMars has two moons.");
  await write("venus.html", "<title>Venus</title><p>Venus is the hottest planet.");
  await write("planets.pdf", smallPdf("Planets", ["Neptune is windy.", "Saturn has rings."]));
  expect(await index("--model", "tiny")).toMatchObject({ code: 0, added: 3, embedded: 4 });

  const embeddings = new EmbeddingGemmaEmbeddings({ model: modelPath });
  const documents = await FaissStore.load(store, embeddings);
  const found = await documents.similaritySearch("Which planet has rings?", 4);
  expect(found).toHaveLength(4);
  const source = expect.stringContaining("planets.pdf");
  expect(found[0]).toMatchObject({
    pageContent: "Saturn has rings.",
    metadata: { source, title: "Planets", page: 2 },
  });
  const text = "# The red planet\n\nMars has two moons.";
  expect(found.find(({ pageContent }) => pageContent === text)?.metadata).toEqual({
    source: expect.stringContaining("mars.md"),
    title: "The red planet",
    loc: { lines: { from: 1, to: 3 } },
  });

  // The vectors have the prompt with the title.
  const client = await documents.client();
  const mars = [...client].find(({ record }) => record.pageContent === text)!;
  const embedder = await embeddings.load();
  const [vector] = await embedder.encodeDocument([{ title: "The red planet", text }]);
  expect(embedder.similarity([mars.vector], [vector!])[0]![0]).toBeCloseTo(1, 5);
});

it("counts the lines of front matter, which is no text", async () => {
  await write("mars.md", "---\ntitle: Mars\ndate: 2025\n---\n\nIt is red.");
  await index("--model", "tiny");
  const { output } = await run(["search", "red", "--store", store, "--json", "--offline"]);
  expect(JSON.parse(output)).toMatchObject([
    { text: "It is red.", metadata: { title: "Mars", loc: { lines: { from: 6, to: 6 } } } },
  ]);
});

it("embeds only what is new or has changed", async () => {
  await write("a.txt", "Mars is red.");
  await write("b.txt", "Venus is hot.");
  await write("c.txt", "Saturn has rings.");
  expect(await index("--model", "tiny")).toMatchObject({ added: 3, embedded: 3 });
  expect(await index()).toMatchObject({ unchanged: 3, embedded: 0, store: { chunks: 3 } });

  await write("b.txt", "Venus is bright.");
  await write("d.txt", "Neptune is windy.");
  await rm(join(folder, "c.txt"));
  expect(await index()).toMatchObject({
    ...{ added: 1, changed: 1, removed: 1, unchanged: 1 },
    ...{ embedded: 2, store: { chunks: 3 } },
  });
  const { output } = await run(["search", "planet", "--store", store, "--json", "--offline"]);
  const texts = (JSON.parse(output) as { text: string }[]).map(({ text }) => text).sort();
  expect(texts).toEqual(["Mars is red.", "Neptune is windy.", "Venus is bright."]);
});

it("embeds no chunk twice", async () => {
  const paragraphs = ["Mars is red.", "Venus is hot and bright.", "Saturn has many rings."];
  const small = ["--chunk-tokens", "10", "--chunk-overlap", "0"];
  await write("a.txt", paragraphs.join("\n\n"));
  expect(await index("--model", "tiny", ...small)).toMatchObject({ embedded: 3 });
  paragraphs.unshift("Jupiter is the largest of them.");
  await write("a.txt", paragraphs.join("\n\n"));
  expect(await index()).toMatchObject({ changed: 1, embedded: 1, store: { chunks: 4 } });
  const { output } = await run(["search", "rings", "--store", store, "-k", "1", "--offline"]);
  expect(output).toContain("a.txt:7\n");
});

it("splits files again for other chunks, and leaves other folders alone", async () => {
  await write("a.txt", "Mars is red.\n\nVenus is hot and bright.");
  const { code } = await run(["index", "src/version.ts", "--store", store, "--model", "tiny"]);
  expect(code).toBe(0);
  expect(await index()).toMatchObject({ added: 1, embedded: 1, removed: 0, store: { chunks: 2 } });
  const small = ["--chunk-tokens", "10", "--chunk-overlap", "0"];
  expect(await index(...small)).toMatchObject({ changed: 1, embedded: 2, store: { chunks: 3 } });
});

it("embeds again what another program has deleted from the store", async () => {
  await write("a.txt", "Mars is red.");
  await write("b.txt", "Venus is hot.");
  await index("--model", "tiny");
  const other = await CoreStore.open<{ pageContent: string }>(store);
  await other.delete(({ pageContent }) => pageContent === "Venus is hot.", { saveTo: store });
  expect(await index()).toMatchObject({ added: 1, unchanged: 1, store: { chunks: 2 } });
});

it("removes files that patterns leave out, and says so", async () => {
  await write("a.md", "Mars is red.");
  await write("b.txt", "Venus is hot.");
  await index("--model", "tiny");
  const argv = ["index", "--include", "*.md", folder, "--exclude", "*.html", "--store", store];
  const { output, errors } = await run(argv);
  expect(output).toContain(
    "Files: 1 removed, 1 unchanged\n" +
      "Removed though still there: 1, left out by --include '*.md'\n",
  );
  expect(errors).toContain("--exclude '*.html' matches nothing. Give one pattern a flag.");
  expect(await index("--exclude", "a.md")).toMatchObject({ added: 1, removed: 1, leftOut: 1 });
});

it.each([
  ["--include '*.docx,*.md' matches no file that is read in ", "--include", "*.docx,*.md"],
  ["All files are left out by --exclude '**', so ", "--exclude", "**"],
])("does not empty a store: %s", async (message, ...flags) => {
  await write("a.md", "Mars is red.");
  await write("b.md", "Venus is hot.");
  await index("--model", "tiny");
  const { code, errors } = await index(...flags);
  expect(code).toBe(2);
  expect(errors).toContain(message);
  expect(errors).toContain("all 2 files of the store would be removed. Nothing was changed.");
  expect(await index()).toMatchObject({ unchanged: 2, store: { chunks: 2 } });
});

it("does not empty a store whose files are gone or left out", async () => {
  await write("a.md", "Mars is red.");
  await write("b.md", "Venus is hot.");
  await index("--model", "tiny");
  await rm(join(folder, "b.md"));
  const { code, errors } = await index("--exclude", "a.md");
  expect(code).toBe(2);
  expect(errors).toContain(
    "All files are gone, or left out by --exclude 'a.md', so all 2 files of the store would be " +
      "removed. Nothing was changed.",
  );
});

it("does not remove all files of a folder for a pattern, also beside other folders", async () => {
  for (const name of ["a", "b"]) {
    await mkdir(join(folder, name));
    await write(`${name}/${name}.txt`, `About ${name}.`);
  }
  await index("--model", "tiny");
  const argv = ["index", join(folder, "a"), "--store", store, "--exclude", "*"];
  expect(await run(argv)).toMatchObject({
    code: 2,
    errors: expect.stringContaining(
      `--exclude '*' leaves out all files in ${join(folder, "a")}, so 1 file of the store would ` +
        "be removed. Nothing was changed.",
    ),
  });
  expect(await index("--exclude", "a")).toMatchObject({ code: 0, removed: 1 });
});

it("blames .gitignore files, and not a pattern that matches nothing", async () => {
  await mkdir(join(folder, ".git"));
  for (const name of ["a", "b"]) {
    await mkdir(join(folder, name));
    await write(`${name}/${name}.txt`, `About ${name}.`);
  }
  await index("--model", "tiny");
  await write(".gitignore", "a/*.txt\n");
  const inA = ["index", join(folder, "a"), "--store", store];
  for (const argv of [inA, [...inA, "--exclude", "*.tmp"]])
    expect(await run(argv)).toMatchObject({
      code: 1,
      errors: expect.stringContaining(
        `.gitignore files leave out all files in ${join(folder, "a")}, so 1 file of the store ` +
          "would be removed. Nothing was changed. To keep them, add --no-ignore. To remove them,",
      ),
    });
  const { output } = await run(["index", folder, "--store", store, "--exclude", "*.tmp"]);
  expect(output).toContain("Removed though still there: 1, left out by .gitignore files");
});

it("does not empty a store for a new .gitignore, or when all files are gone", async () => {
  await mkdir(join(folder, ".git"));
  await write("a.md", "Mars is red.");
  await index("--model", "tiny");
  await write(".gitignore", "*.md\n");
  const { code, errors } = await index();
  expect(code).toBe(1);
  expect(errors).toContain("All files are left out by .gitignore files, so the only file");
  await rm(join(folder, "a.md"));
  const empty = await index();
  expect(empty.code).toBe(1);
  expect(empty.errors).toContain(
    `${folder} has no file that can be read, so the only file of the store would be removed. ` +
      "Nothing was changed. To empty the store, delete its folder.",
  );
  await write("b.txt", "Venus is hot.");
  expect(await index()).toMatchObject({ added: 1, removed: 1, leftOut: 0, store: { chunks: 1 } });
});

it("keeps files that a run has named until they are gone or excluded", async () => {
  await write("a.md", "Mars is red.");
  await write("code.py", "print('Venus')");
  await write(".hidden.md", "Saturn has rings.");
  await index("--model", "tiny");
  const named = [join(folder, "code.py"), join(folder, ".hidden.md"), join(folder, "a.md")];
  expect(await index(...named)).toMatchObject({ added: 2, unchanged: 1, others: 0 });
  await write("code.py", "print('Neptune')");
  expect(await index("--include", "*.md")).toMatchObject({ changed: 1, unchanged: 2, others: 0 });
  await write("b.txt", "Jupiter is large.");
  expect(await index("--include", "*.txt")).toMatchObject({ added: 1, unchanged: 3, removed: 0 });
  expect(await index("--exclude", "code.py")).toMatchObject({ removed: 1, leftOut: 1 });
  await rm(join(folder, ".hidden.md"));
  expect(await index()).toMatchObject({ removed: 1, leftOut: 0, unchanged: 2, others: 1 });
});

it("removes what is gone beside the files that a run names, and tells of others", async () => {
  await mkdir(join(folder, "docs"));
  for (const name of ["docs/a.md", "docs/b.md", "notes.md"]) await write(name, `About ${name}.`);
  await index("--model", "tiny");
  await rm(join(folder, "docs/a.md"));
  await rm(join(folder, "notes.md"));
  const argv = ["index", join(folder, "docs/b.md"), "--store", store, "--json"];
  const { code, output, errors } = await run(argv);
  expect(code).toBe(0);
  expect(JSON.parse(output)).toMatchObject({ removed: 1, unchanged: 1, store: { chunks: 2 } });
  expect(errors).toBe(
    `1 file of the store is gone: ${join(folder, "notes.md")}. ` +
      `To remove it, add \`${join(folder, "notes.md")}\` to the command.\n`,
  );
  await write("new.md", "Mars is red.");
  const obeyed = await run([...argv, join(folder, "notes.md")]);
  expect(obeyed).toMatchObject({ code: 0, errors: "" });
  expect(JSON.parse(obeyed.output)).toMatchObject({ added: 0, removed: 1, store: { chunks: 1 } });
  await rm(join(folder, "new.md"));
  expect(await index()).toMatchObject({ errors: "", removed: 0, store: { chunks: 1 } });

  await rm(join(folder, "docs"), { recursive: true });
  const { errors: others } = await run(["index", "src/version.ts", "--store", store]);
  const advice =
    "Perhaps its drive is not mounted. To remove it from the store, make an empty folder";
  expect(others).toBe(
    `1 file of the store is gone: ${join(folder, "docs/b.md")}. Its folder is gone, too. ` +
      `${advice} ${join(folder, "docs")} and add it to the command.\n`,
  );
  const named = ["index", "src/version.ts", join(folder, "docs"), "--store", store];
  expect(await run(named)).toMatchObject({
    code: 1,
    errors:
      `error: There is no file or folder ${join(folder, "docs")}. The store still has 1 file of ` +
      `it. ${advice} ${join(folder, "docs")}, and run the command again.\n`,
  });
  await mkdir(join(folder, "docs"));
  expect(await run(named)).toMatchObject({
    ...{ code: 0, errors: "", output: expect.stringContaining("Files: 1 removed, 1 unchanged") },
  });
});

it("embeds nothing again if files move, or if only their front matter changes", async () => {
  const text = (tag: string) => `---\ntags: [${tag}]\n---\n# Mars\n\nMars is red.`;
  await mkdir(join(folder, "old"));
  for (const name of ["old/a.md", "old/b.md"]) await write(name, text("red"));
  await write("old/c.txt", "Venus is hot.");
  expect(await index("--model", "tiny")).toMatchObject({ added: 3, embedded: 3 });
  await rename(join(folder, "old"), join(folder, "new"));
  await write("new/b.md", text("cold"));
  expect(await index()).toMatchObject({ added: 3, removed: 3, embedded: 0, store: { chunks: 3 } });
  await write("new/a.md", text("dusty"));
  expect(await index()).toMatchObject({ changed: 1, embedded: 0, store: { chunks: 3 } });
  await write("new/a.md", text("dusty").replace("# Mars", "# Phobos"));
  expect(await index()).toMatchObject({ changed: 1, embedded: 1, store: { chunks: 3 } });
  const { output } = await run([
    "search",
    "x",
    "--store",
    store,
    "--json",
    "--filter",
    "tags=cold",
  ]);
  expect(JSON.parse(output)).toMatchObject([{ text: "# Mars\n\nMars is red." }]);
});

it("does not mind line ends", async () => {
  await write("a.md", "# Mars\n\nIt is red.\n");
  await index("--model", "tiny");
  await write("a.md", "# Mars\r\n\r\nIt is red.\r\n");
  expect(await index()).toMatchObject({ changed: 0, unchanged: 1, embedded: 0 });
  await write("a.md", "# Mars\r\n\r\nIt is rusty.\r\n");
  expect(await index()).toMatchObject({ changed: 1, embedded: 1 });
});

it("says how to remove files that are gone with different folders", async () => {
  const at = (name: string) => join(folder, name);
  for (const name of ["one", "two", "keep"]) {
    await mkdir(at(name));
    await write(`${name}/a.md`, `About ${name}.`);
  }
  await write("keep/b.md", "Mars is red.");
  const argv = ["index", at("one"), at("two"), at("keep"), "--store", store, "--model", "tiny"];
  await run(argv);
  for (const name of ["one", "two", "keep/b.md"]) await rm(at(name), { recursive: true });
  const { errors } = await run(["index", "src/version.ts", "--store", store]);
  expect(errors).toBe(
    `3 files of the store are gone, such as ${at("one/a.md")}. Folders are gone, too. Perhaps ` +
      "their drive is not mounted. To remove them from the store, make empty folders " +
      `${at("one")} ${at("two")} and add them to the command. For the other files, add ` +
      `\`${at("keep/b.md")}\` to the command.\n`,
  );
});

it("removes a folder that is gone if a run names it beside another one", async () => {
  const cwd = process.cwd();
  process.chdir(folder);
  try {
    for (const name of ["notes/deep", "docs", "keep"]) await mkdir(name, { recursive: true });
    for (const name of ["notes/a.txt", "notes/deep/b.txt", "keep/c.txt"])
      await write(name, `About ${name}.`);
    const indexed = (...paths: string[]) =>
      run(["index", ...paths, "--store", "n.store", "--model", "tiny", "--json"]);
    await indexed("notes", "keep");
    await rename("notes", "docs/notes");
    await write("other.txt", "Not to be indexed.");
    const { errors } = await indexed("docs/notes");
    expect(errors).toContain(
      "2 files of the store are gone, such as notes/a.txt. To remove them, add `notes` to the " +
        "command.\n",
    );
    const alone = await indexed("notes");
    expect(alone.code).toBe(1);
    expect(alone.errors).toContain(
      "notes. The store still has 2 files of it. To remove them, also name a file or folder " +
        "that is there.\n",
    );
    expect(await indexed("keep", "none")).toMatchObject({ code: 1 });
    const { code, output } = await indexed("docs/notes", "notes");
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ added: 0, removed: 2, store: { chunks: 3 } });
  } finally {
    process.chdir(cwd);
  }
});

it("loses nothing if two runs write to a new store at once", async () => {
  await write("a.txt", "Mars is red.");
  const both = await Promise.all([index("--model", "tiny"), index("--model", "tiny")]);
  expect(both).toMatchObject([{ code: 0 }, { code: 0 }]);
  expect(await index()).toMatchObject({ unchanged: 1, store: { chunks: 1 } });
});

it("adds the changes of two runs at once", async () => {
  for (const name of ["notes", "code"]) await mkdir(join(folder, name));
  for (const name of ["notes/a.txt", "notes/b.txt", "code/a.txt"])
    await write(name, `About ${name}.`);
  await index("--model", "tiny");
  await rm(join(folder, "notes/a.txt"));
  await write("notes/b.txt", "Mars is red.");
  await write("code/print.py", "print('Venus')");
  const both = await Promise.all([
    run(["index", join(folder, "notes"), "--store", store]),
    run(["index", join(folder, "code"), join(folder, "code/print.py"), "--store", store]),
  ]);
  expect(both).toMatchObject([{ code: 0 }, { code: 0 }]);
  // The file that one has named stays.
  expect(await index()).toMatchObject({ unchanged: 3, removed: 0, store: { chunks: 3 } });
  const { output } = await run(["search", "planet", "--store", store, "--json"]);
  const texts = (JSON.parse(output) as { text: string }[]).map(({ text }) => text).sort();
  expect(texts).toEqual(["About code/a.txt.", "Mars is red.", "print('Venus')"]);
});

it("has the files of two first runs, from different folders", async () => {
  const cwd = process.cwd();
  for (const name of ["one", "two"]) await mkdir(join(folder, name));
  await write("one/a.txt", "Mars is red.");
  await write("two/b.txt", "Venus is hot.");
  const indexFrom = (name: string, onMessage = (_text: string) => {}) => {
    process.chdir(join(folder, name));
    const argv = ["index", join(folder, name), "--store", store, "--model", "tiny"];
    return run([...argv, "--exclude", "*.html"], { onMessage });
  };
  try {
    let second: ReturnType<typeof run> | undefined;
    // The pattern that matches nothing is reported once the run has seen that there is no store.
    const first = await indexFrom("one", () => {
      second ??= indexFrom("two");
    });
    const both = [first, await second!];
    expect(both).toMatchObject([{ code: 0 }, { code: 0 }]);
    expect(both.map(({ errors }) => errors).join("")).toContain(
      `Another run has made ${store} meanwhile. Your files are added to it.\n`,
    );
  } finally {
    process.chdir(cwd);
  }
  expect(await index()).toMatchObject({ unchanged: 2, removed: 0, store: { chunks: 2 } });
});

it("does not mix the vectors of two models", async () => {
  await write("a.txt", "Mars is red.");
  const both = await Promise.all([
    index("--model", "tiny"),
    index("--model", "tiny", "--truncate-dim", "256"),
  ]);
  expect(both.map(({ code }) => code).sort()).toEqual([0, 1]);
  const refused = both.find(({ code }) => code === 1)!;
  expect(refused.errors).toContain("Another program has saved another store");
});

it("remembers where the model is now", async () => {
  await write("a.txt", "Mars is red.");
  await index("--model", "tiny");
  expect(await index("--model", modelPath)).toMatchObject({ code: 0, embedded: 0 });
  const settings = JSON.parse(await readFile(join(store, "embeddinggemma.json"), "utf8"));
  expect(resolve(await realpath(store), settings.model.model)).toBe(await realpath(modelPath));
});

it("refuses another adapter, also if no file is new", async () => {
  await write("a.txt", "Mars is red.");
  await index("--model", "tiny");
  const adapter = join(folder, "both");
  await saveAdapter(await adapterOfBoth(), adapter);
  const { code, errors } = await index("--adapter", adapter);
  expect(code).toBe(1);
  expect(errors).toContain("The vectors of the store cannot be compared with yours.");
});

it("says that its adapter was moved, and remembers where it is now", async () => {
  await write("a.txt", "Mars is red.");
  const [before, now] = [join(folder, "adapter"), join(folder, "moved")];
  await saveAdapter(await adapterOfBoth(), before);
  await index("--model", "tiny", "--adapter", before);
  await rename(before, now);
  const search = () => run(["search", "planet", "--store", store]);
  const errors =
    `error: The store remembers the adapter in ${before}, which is not there. Add --adapter ` +
    "<folder>; with `index`, the store remembers it.\n";
  expect(await search()).toMatchObject({ code: 1, errors });
  expect(await run(["serve", "--store", store])).toMatchObject({ code: 1, errors });
  expect(await index("--adapter", now)).toMatchObject({ code: 0, embedded: 0 });
  expect(await search()).toMatchObject({ code: 0, errors: "" });
});

async function adapterOfBoth() {
  await using embedder = await Embedder.load(modelPath);
  const base = { model: "tiny", identity: embedder.modelIdentity };
  const delta = new Float32Array(768 * 768).fill(0.001);
  return Adapter.from({ sides: "both", dimension: 768, weights: { delta }, base });
}

it("has a file once, whatever path leads to it", async () => {
  await mkdir(join(folder, "notes"));
  await write("notes/a.txt", "Mars is red.");
  await symlink(join(folder, "notes"), join(folder, "linked"));
  await index("--model", "tiny");
  vi.stubEnv("HOME", folder);
  vi.stubEnv("USERPROFILE", folder);
  const inFolder = ["linked", "linked/a.txt", "notes/a.txt"].map((name) => join(folder, name));
  for (const path of [...inFolder, "~/notes", pathToFileURL(folder).href]) {
    const argv = ["index", path, "--store=~/.store", "--json"];
    const { output } = await run(argv);
    expect(JSON.parse(output)).toMatchObject({ unchanged: 1, store: { chunks: 1 } });
  }
});

it("has a file once if the store moves, with the file or alone", async () => {
  const cwd = process.cwd();
  process.chdir(folder);
  try {
    await mkdir("docs");
    await write("docs/a.txt", "Mars is red.");
    const first = ["index", "docs", "--store", "docs.store", "--model", "tiny"];
    expect(await run(first)).toMatchObject({ code: 0 });
    await mkdir("sub");
    const together = ["sub/docs", "sub/docs.store"] as const;
    await cp("docs", together[0], { recursive: true });
    await cp("docs.store", together[1], { recursive: true });
    await cp("docs.store", "sub/alone/docs.store", { recursive: true });
    const here = await realpath(".");
    const [now, then] = [join(here, together[0]), join(here, "docs")];
    const moved = `The store was moved: \`docs\` now means ${now}, not ${then}.\n`;
    for (const [files, place, message] of [
      [...together, moved],
      [...together, ""],
      ["docs", "sub/alone/docs.store", ""],
    ] as const) {
      const { output, errors } = await run(["index", files, "--store", place, "--json"]);
      expect(errors).toBe(message);
      expect(JSON.parse(output)).toMatchObject({ added: 0, unchanged: 1, store: { chunks: 1 } });
    }
    await rm("docs", { recursive: true });
    await write("b.txt", "Venus is hot.");
    const again = await run(["index", "b.txt", "--store", "sub/alone/docs.store", "--json"]);
    expect(JSON.parse(again.output)).toMatchObject({ added: 1, store: { chunks: 2 } });
    expect(again.errors).toContain("1 file of the store is gone: docs/a.txt.");
  } finally {
    process.chdir(cwd);
  }
});

it("continues where Ctrl-C has stopped it", async () => {
  const numbers = Array.from({ length: 40 }, (_, number) => number);
  for (const number of numbers) await write(`a${number}.txt`, `Planet number ${number}.`);
  await write("broken.pdf", "%PDF-1.4");
  await write("c.txt", "The last planet.");
  const controller = new AbortController();
  const stopped = await run(["index", folder, "--store", store, "--model", "tiny"], {
    signal: controller.signal,
    onMessage: () => controller.abort(),
  });
  expect(stopped.code).toBe(130);
  const counts = /^Files: (\d+) new, 1 not read\nEmbedded: (\d+) chunks/;
  const [, files, chunks] = counts.exec(stopped.output)!;
  const done = Number(files);
  expect(done).toBeGreaterThanOrEqual(8);
  expect(done).toBeLessThan(40);
  expect(Number(chunks)).toBe(done);
  expect(stopped.errors).toContain(
    `Stopped. ${41 - done} files are left. Run the command again to continue.\n`,
  );
  expect(stopped.errors.match(/Stopped\./g)).toHaveLength(1);

  await rm(join(folder, "broken.pdf"));
  expect(await index()).toMatchObject({
    ...{ code: 0, added: 41 - done, unchanged: done },
    ...{ embedded: 41 - done, store: { chunks: 41 } },
  });
});

it("keeps chunks of files that have moved until it has the new ones", async () => {
  await mkdir(join(folder, "z-old"));
  for (const name of ["a", "b"]) await write(`z-old/${name}.txt`, `About ${name}.`);
  await index("--model", "tiny");
  await rename(join(folder, "z-old"), join(folder, "z-new"));
  for (let number = 0; number < 40; number++)
    await write(`a${number}.txt`, `Planet number ${number}.`);
  await write("broken.pdf", "%PDF-1.4");
  const controller = new AbortController();
  const stopped = await run(["index", folder, "--store", store], {
    signal: controller.signal,
    onMessage: (message) => message.includes("broken.pdf") && controller.abort(),
  });
  expect(stopped.code).toBe(130);
  expect(stopped.output).not.toContain("removed");
  expect(stopped.errors).toContain("to continue, and to remove 2 files that are gone.\n");
  await rm(join(folder, "broken.pdf"));
  const done = Number(/Embedded: (\d+) chunks/.exec(stopped.output)![1]);
  expect(await index()).toMatchObject({
    ...{ added: 42 - done, removed: 2, embedded: 40 - done, store: { chunks: 42 } },
  });
});

it("says why it cannot save what is done before Ctrl-C", async () => {
  // More than the first batch.
  for (let number = 0; number < 9; number++) await write(`a${number}.txt`, `Planet ${number}.`);
  await write("broken.pdf", "%PDF-1.4");
  await write("c.txt", "Venus is hot.");
  const controller = new AbortController();
  const { code, errors } = await run(["index", folder, "--store", store, "--model", "tiny"], {
    signal: controller.signal,
    onMessage(message) {
      if (!message.includes("broken.pdf")) return;
      writeFileSync(store, "in the way");
      controller.abort();
    },
  });
  expect(code).toBe(130);
  expect(errors).toMatch(/\nerror: .*\.store/);
});

it("fails if it can read no file", async () => {
  await write("binary.txt", "a\0b");
  const { code, errors } = await index("--model", "tiny");
  expect(code).toBe(1);
  expect(errors).toContain("error: 1 file could not be read.\n");
});

it("indexes the other files when some cannot be read", async () => {
  await write("broken.pdf", "%PDF-1.4 broken");
  await write("binary.txt", "a\0b");
  await write("good.txt", "Mars is red.");
  await write("photo.jpg", "not read from a folder");
  const { code, errors, ...result } = await index("--model", "tiny");
  expect(code).toBe(3);
  expect(errors).toContain("broken.pdf: It is damaged, or no PDF.\n");
  expect(errors).toContain("error: 2 files could not be read.\n");
  expect(result).toMatchObject({ added: 1, embedded: 1, others: 1 });
  expect(result.failed).toHaveLength(2);
});

it("is partly done if it only removes files beside one that cannot be read", async () => {
  for (const name of ["a", "b"]) {
    await mkdir(join(folder, name));
    await write(`${name}/${name}.txt`, `About ${name}.`);
  }
  await index("--model", "tiny");
  await rm(join(folder, "a/a.txt"));
  await write("a/binary.txt", "a\0b");
  const { code, output } = await run(["index", join(folder, "a"), "--store", store, "--json"]);
  expect(code).toBe(3);
  expect(JSON.parse(output)).toMatchObject({ removed: 1, unchanged: 0, store: { chunks: 1 } });
});

it("keeps what the store has of folders and files that cannot be read", async () => {
  for (const name of ["secret", "secret/below", "listed"]) await mkdir(join(folder, name));
  const names = ["a.txt", "b.txt", "listed/c.txt", "secret/d.txt", "secret/below/e.txt"];
  for (const name of names) await write(name, `About ${name}.`);
  // A user without rights may not be able to read the folder of this repository.
  const model = join(folder, ".model");
  await cp(modelPath, model, { recursive: true });
  expect(await index("--model", model)).toMatchObject({ embedded: 5 });
  await write("b.txt", "Mars is red.");
  await mkdir(join(folder, "other"));
  for (const name of ["secret", "other", "a.txt"]) await chmod(join(folder, name), 0);
  await chmod(join(folder, "listed"), 0o444);
  const { code, errors, ...result } = await asNobody(() => index());
  await chmod(join(folder, "secret"), 0o777);
  expect(code).toBe(3);
  expect(result).toMatchObject({ changed: 1, removed: 0, store: { chunks: 5 } });
  expect(errors).toBe(
    `${folder}/other: The folder cannot be read: permission denied.\n` +
      `${folder}/secret: The folder cannot be read: permission denied. Its files in the store ` +
      `are kept.\n${folder}/a.txt: It cannot be read: permission denied.\n` +
      `${folder}/listed/c.txt: It cannot be read: permission denied.\n` +
      "error: 2 files and 2 folders could not be read.\n",
  );
  expect(await index()).toMatchObject({ code: 0, removed: 0, store: { chunks: 5 } });
});

it("removes what is left out, also if it cannot be read", async () => {
  for (const name of ["secret", "ok", "locked"]) await mkdir(join(folder, name));
  const names = ["secret/a.txt", "ok/b.txt", "locked/c.txt", "secret/named.txt"];
  for (const name of names) await write(name, `About ${name}.`);
  const model = join(folder, ".model");
  await cp(modelPath, model, { recursive: true });
  const named = join(folder, "secret/named.txt");
  const started = await index(named, "--model", model, "--exclude", "locked");
  expect(started).toMatchObject({ embedded: 3 });
  await chmod(join(folder, "secret"), 0);
  await chmod(join(folder, "locked"), 0);
  const include = await asNobody(() => index("--include", "ok/**"));
  expect(include).toMatchObject({ code: 0, errors: "", removed: 1, leftOut: 1, unchanged: 1 });

  await chmod(join(folder, "secret"), 0o777);
  await chmod(join(folder, "locked"), 0o777);
  expect(await index()).toMatchObject({ added: 2, unchanged: 2 });
  await mkdir(join(folder, ".git"));
  await write(".gitignore", "locked/\n");
  await chmod(join(folder, "secret"), 0);
  await chmod(join(folder, "locked"), 0);
  const ignored = await asNobody(() => index("--exclude", "secret"));
  expect(ignored).toMatchObject({ code: 0, errors: "", removed: 3, leftOut: 3, unchanged: 1 });
});

it("names what cannot be read if there is nothing else", async () => {
  const secret = join(folder, "secret");
  await mkdir(secret);
  await write("secret/a.txt", "Mars is red.");
  await chmod(secret, 0);
  const [whole, file] = await asNobody(async () => [
    await index("--model", "tiny"),
    await run(["index", join(secret, "a.txt"), "--store", store, "--model", "tiny"]),
  ]);
  expect(whole!.code).toBe(1);
  expect(whole!.errors).toContain(
    `There are no files to index. ${secret}: The folder cannot be read: permission denied.\n`,
  );
  expect(file!.errors).toBe(`error: ${secret}/a.txt: permission denied.\n`);
});

/** Runs something without the rights of root, who can read all files. */
async function asNobody<T>(task: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return task();
  for (const path of [folder, ...(await readdir(folder, { recursive: true }))])
    await chown(resolve(folder, path), 65534, 65534);
  process.seteuid!("nobody");
  try {
    return await task();
  } finally {
    process.seteuid!(0);
  }
}

it("embeds with a server, and so does a search", async () => {
  await write("a.txt", "Mars is red.\n\nVenus is hot and bright.");
  await using embedder = await Embedder.load(modelPath);
  await using server = await serve(embedder, { hostname: "127.0.0.1", port: 0 });
  const flags = ["--url", server.url, "--chunk-tokens", "10", "--chunk-overlap", "0"];
  const requests = vi.spyOn(globalThis, "fetch");
  expect(await index(...flags)).toMatchObject({ code: 0, embedded: 2 });
  const counted = requests.mock.calls.filter(([url]) => String(url).endsWith("/tokenize"));
  requests.mockRestore();
  const bodies = counted.map(([, request]) => String(request?.body));
  expect(new Set(bodies).size).toBe(bodies.length);
  const { output } = await run(["search", "red", "--store", store, "-k", "1"]);
  expect(output).toContain("Mars is red.");
});

it("says what is wrong with its arguments", async () => {
  const missing = await run(["index", join(folder, "none"), "--store", store]);
  expect(missing).toMatchObject({ code: 1, output: "" });
  expect(missing.errors).toContain("There is no file or folder");
  for (const [flag, other] of [
    ["--include", "--exclude"],
    ["--exclude", "--include"],
  ] as const) {
    const negated = await run(["index", folder, "--store", store, flag, "!kitchen"]);
    expect(negated).toMatchObject({ code: 2, output: "" });
    expect(negated.errors).toContain(`Use ${other} kitchen, without !.`);
  }
  const empty = await run(["index", folder, "--store", store]);
  expect(empty.errors).toContain("There are no files to index. These are read: .txt,");

  await write("a.txt", "Mars is red.");
  const file = await run(["index", folder, "--store", join(folder, "a.txt")]);
  expect(file.code).toBe(1);
  expect(file.errors).toMatch(/a\.txt is a file; --store takes a folder\.\n$/);
  // Before the model loads, which is not there.
  const below = ["--store", join(folder, "a.txt/store"), "--model", join(folder, "none")];
  const unwritable = await run(["index", folder, ...below]);
  expect(unwritable.code).toBe(1);
  expect(unwritable.errors).toMatch(/store cannot be written: part of its path is a file\.\n$/);
  const dtype = await index("--dtype", "q9");
  expect(dtype).toMatchObject({ code: 2, errors: expect.stringContaining("fp32, fp16, q8") });
  const overlap = await index("--chunk-tokens", "8", "--chunk-overlap", "8");
  expect(overlap).toMatchObject({ code: 2 });
  const long = await index("--model", "tiny", "--chunk-tokens", "2048");
  expect(long).toMatchObject({ code: 2 });
  expect(long.errors).toContain("--chunk-tokens can be at most 1984");
  await expect(readFile(join(store, "embeddinggemma.json"))).rejects.toThrow("ENOENT");
});

it("leaves folders alone that are no store", async () => {
  await write("a.txt", "Mars is red.");
  for (const path of [folder, `${folder}/`]) {
    const refused = await run(["index", folder, "--store", path, "--model", "tiny"]);
    expect(refused).toMatchObject({ code: 1, output: "" });
    expect(refused.errors).toMatch(/such as a\.txt\. .* own: --store \S+[^/]\.store\n$/);
  }
  const elsewhere = join(folder, "my photos");
  await mkdir(elsewhere);
  await writeFile(join(elsewhere, "mars.jpg"), "");
  const foreign = await run(["index", folder, "--store", elsewhere, "--model", "tiny"]);
  expect(foreign).toMatchObject({ code: 1, output: "" });
  expect(foreign.errors).toContain(`--store '${elsewhere}.store'\n`);
  expect(await readdir(elsewhere)).toEqual(["mars.jpg"]);
  expect((await readdir(folder)).sort()).toEqual(["a.txt", "my photos"]);
});

it("takes an empty folder, and a store in the folder that it indexes", async () => {
  await write("a.txt", "Mars is red.");
  const inside = join(folder, "inside");
  await mkdir(inside);
  // As file managers leave them.
  await writeFile(join(inside, ".DS_Store"), "");
  // As a run that was killed in its first save leaves them.
  await writeFile(join(inside, "vectors-1-0123abcd.faiss"), "");
  await writeFile(join(inside, "faiss-store.json.1-0123abcd"), "");
  const argv = ["index", folder, "--store", inside, "--json"];
  const first = await run([...argv, "--model", "tiny"]);
  expect(JSON.parse(first.output)).toMatchObject({ added: 1, others: 0 });
  expect(JSON.parse((await run(argv)).output)).toMatchObject({ unchanged: 1, others: 0 });
  const itself = await run(["index", inside, "--store", inside]);
  expect(itself).toMatchObject({ code: 2, errors: expect.stringContaining("is the store.") });
});

it.each([
  {
    record: { id: 1, text: "Mars is red." },
    reason: "was filled over a server (`serve --store`), not by `index`",
  },
  { record: { pageContent: "Mars", metadata: {} }, reason: "was made by another program" },
  { record: { refDocId: "1", node: { text: "Mars" } }, reason: "was made by another program" },
])("refuses a store of $record, before a file is read", async ({ record, reason }) => {
  const identity = await tinyIdentity();
  await using made = await CoreStore.create<object>({ dimension: 768, identity });
  await made.upsert([{ id: "1", vector: new Float32Array(768).fill(1), record }], {
    saveTo: store,
  });
  const before = await readdir(store);
  await write("a.txt", "Mars is red.");
  expect(await index("--model", "tiny")).toEqual({
    code: 1,
    errors: `error: ${store} ${reason}. Index into a store of its own, with another --store.\n`,
  });
  expect(await readdir(store)).toEqual(before);
});

async function tinyIdentity() {
  await using embedder = await Embedder.load(modelPath);
  return embedder.identity;
}
