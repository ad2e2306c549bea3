import { appendFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { PassThrough } from "node:stream";
import { FaissStore } from "@embeddinggemma/faiss";
import { modelPath } from "@embeddinggemma/tiny-model";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { run } from "../testing/run-program.ts";
import { smallPdf } from "../testing/small-pdf.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

let folder = "";
let store = "";
let otherModel = "";

afterEach(() => {
  vi.unstubAllEnvs();
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "search-store-"));
  store = join(folder, "planets.store");
  otherModel = join(await temporaryFolder(), "other-model");
  await cp(modelPath, otherModel, { recursive: true });
  // The same graph with other bytes at its end, which a reader of Protocol Buffers passes over.
  await appendFile(join(otherModel, "onnx/model_quantized.onnx"), Buffer.from([0xfa, 0x3e, 1, 0]));
  await writeFile(join(folder, "mars.md"), "# Mars\n\nMars is the red planet.");
  await writeFile(join(folder, "cook.txt"), "Boil the pasta for ten minutes.");
  const pages = ["Saturn has rings.", "Neptune is windy and cold."];
  await writeFile(join(folder, "outer.pdf"), smallPdf("Outer planets", pages));
  const made = await run([
    "index",
    folder,
    "-s",
    store,
    "--model",
    "tiny",
    "--truncate-dim",
    "256",
  ]);
  expect(made).toMatchObject({ code: 0, errors: "" });
});

afterAll(() => rm(folder, { recursive: true }));

interface Hit {
  score: number;
  text: string;
  metadata: Record<string, unknown>;
}

async function search(query: string, ...flags: string[]): Promise<Hit[]> {
  const { output, errors } = await run(["search", query, "-s", store, "--json", ...flags]);
  expect(errors).toBe("");
  return JSON.parse(output);
}

const textsOf = (hits: readonly Hit[]) => hits.map(({ text }) => text);

it("finds chunks with the model of the store, best first", async () => {
  const hits = await search("How long do I boil pasta?");
  expect(hits).toHaveLength(4);
  expect(hits[0]!.text).toBe("Boil the pasta for ten minutes.");
  const scores = hits.map(({ score }) => score);
  expect(scores).toEqual([...scores].sort((one, other) => other - one));

  expect(await search("How long do I boil pasta?", "-k", "2")).toEqual(hits.slice(0, 2));
  const least = `${(scores[0]! + scores[1]!) / 2}`;
  expect(await search("How long do I boil pasta?", "--min-score", least)).toEqual([hits[0]]);
});

it("shows where each chunk is", async () => {
  const { code, output } = await run(["search", "red planet", "-s", store]);
  expect(code).toBe(0);
  expect(output).toMatch(/\d {2}0\.\d{4} {2}\S*mars\.md:1 {2}Mars\n {3}# Mars Mars is the red/);
  expect(output).toMatch(/\S*outer\.pdf p\. 2 {2}Outer planets\n {3}Neptune is windy and cold\./);
  const long = output.split("\n").filter((line) => line.length > 100);
  expect(long).toEqual([]);
});

it("filters by metadata", async () => {
  expect(textsOf(await search("planet", "--filter", "page=2"))).toEqual([
    "Neptune is windy and cold.",
  ]);
  expect(textsOf(await search("planet", "--filter", "title=Mars"))).toEqual([
    "# Mars\n\nMars is the red planet.",
  ]);
  const both = ["--filter", "title=Outer planets", "--filter", '{"page": {"$lt": 2}}'];
  expect(textsOf(await search("planet", ...both))).toEqual(["Saturn has rings."]);

  const startsWith = async (filter: string) => {
    const hits = await search("planet", "--filter", filter);
    return new Set(hits.map(({ metadata }) => basename(String(metadata.source))));
  };
  expect(await startsWith(`source=${folder}/mars*`)).toEqual(new Set(["mars.md"]));
  expect(await startsWith(`source=${folder}/*`)).toHaveProperty("size", 3);
  expect(await startsWith("title=*")).toEqual(new Set(["mars.md", "outer.pdf"]));
  const none = await run(["search", "x", "-s", store, "--filter", `source=${folder}/mart*`]);
  expect(none).toMatchObject({ code: 0, output: "" });

  expect(textsOf(await search("planet", "--filter", `source!=${folder}/mars.md`))).toHaveLength(3);
  expect(textsOf(await search("planet", "--filter", "title!=Outer*"))).toEqual([
    ...textsOf(await search("planet", "--filter", `source!=${folder}/outer*`)),
  ]);
  expect(textsOf(await search("planet", "--filter", "page!=2"))).toHaveLength(3);

  for (const filter of ["source=*mars*", "source=*.md", "source=no*s/mars.md"]) {
    const inside = await run(["search", "x", "-s", store, "--filter", filter]);
    expect(inside.code).toBe(2);
    expect(inside.errors).toContain("A * stands for other text only at the end of a value");
  }
  const wrong = await run(["search", "planet", "-s", store, "--filter", "page"]);
  expect(wrong.code).toBe(2);
  expect(wrong.errors).toContain("It must be key=value, key!=value or a JSON object");
  const unknown = await run(["search", "x", "-s", store, "--filter", '{"page": {"$like": 2}}']);
  expect(unknown.code).toBe(2);
  expect(unknown.errors).toMatch(
    /is invalid\. An operator for "page" must be one of \$eq, .* For examples: `embeddinggemma/,
  );
});

it("says that no chunk has the key of a filter that leaves out chunks", async () => {
  const searchFor = (filter: string) => run(["search", "planet", "-s", store, "--filter", filter]);
  const errors = "No chunk has the key sorce. Did you mean source?\n";
  expect(await searchFor("sorce!=docs/*")).toMatchObject({ code: 0, errors });
  expect(await searchFor("source!=docs/*")).toMatchObject({ code: 0, errors: "" });
  expect(await searchFor("{}")).toMatchObject({ code: 0, errors: "" });
});

it("says that a star in JSON does not stand for other text", async () => {
  const searchFor = (filter: string) => run(["search", "planet", "-s", store, "--filter", filter]);
  const { errors } = await searchFor('{"title": {"$ne": "Ma*"}}');
  expect(errors).toBe(
    '"Ma*" is taken as it is: in JSON, * does not stand for other text. For all that starts with ' +
      "\"Ma\": --filter 'title=Ma*' (or != for all else), or in JSON " +
      '{"title":{"$gte":"Ma","$lt":"Mb"}}.\n',
  );
  const either = await searchFor('{"$or": [{"title": {"$gte": "Ma", "$lt": "Mb"}}, {"page": 2}]}');
  expect(either.output.match(/^\d .*/gm)).toHaveLength(2);
});

it("finds what starts with the last of all characters", async () => {
  const other = await temporaryFolder();
  const titles = ["Mars", "Mars\uffff", "Mars\uffff 2", "\uffff"];
  for (const [index, title] of titles.entries())
    await writeFile(join(other, `${index}.md`), `# ${title}\n\nText.`);
  const made = join(other, "other.store");
  await run(["index", other, "-s", made, "--model", "tiny"]);
  const found = async (filter: string) => {
    const hits = await search("text", "-s", made, "--filter", filter);
    return hits.map(({ metadata }) => metadata.title).sort();
  };
  expect(await found("title=Mars\uffff*")).toEqual(["Mars\uffff", "Mars\uffff 2"]);
  expect(await found("title=\uffff*")).toEqual(["\uffff"]);
});

it("says why nothing was found", async () => {
  const warnings: Error[] = [];
  process.on("warning", (warning) => warnings.push(warning));
  const argv = ["search", "planet", "-s", store];
  const { code, errors } = await run([...argv, "--filter", "sorce=mars.md", "--min-score", "0.9"]);
  expect(code).toBe(0);
  expect(errors).toMatch(
    /^No chunk matches the filter\. .* The keys of the chunks are source, .* source=\S+\.\n$/,
  );
  expect(errors).not.toContain("For a folder");
  const meant = "No chunk has the key sorce. Did you mean source? The keys of the chunks are ";
  expect(errors).toContain(` ${meant}`);
  const nested = ["--filter", '{"$or": [{"page": 9}, {"$not": {"about.x": {"$ne": 1}}}]}'];
  const { errors: unknown } = await run([...argv, ...nested]);
  expect(unknown).toMatch(
    /^No chunk matches the filter\. No chunk has the key about\.x\. The keys/,
  );
  for (const end of ["", "/"]) {
    const named = await run([...argv, "--filter", `source=${folder}${end}`]);
    expect(named.errors).toContain(` For a folder: --filter 'source=${folder}/*'.\n`);
  }
  for (const filter of ['{"page": {"$gte": "1"}}', "page=two"]) {
    const other = await run([...argv, "--filter", filter]);
    expect(other.errors).toMatch(
      /^No chunk matches the filter\. It looks for a string under `page`, but the chunks have num/,
    );
    expect(other.errors).toContain(" numbers there. Pass a number. The keys of the chunks are ");
  }
  const right = await run([...argv, "--filter", "page=99"]);
  expect(right.errors).toMatch(/^No chunk matches the filter\. The keys/);
  const strict = await run([...argv, "--filter", "page=2", "--min-score", "0.99"]);
  expect(strict).toMatchObject({ output: "", errors: "Nothing was found.\n" });
  expect(await run(["search", " ", "-s", store])).toMatchObject({ code: 2, output: "" });
  expect(warnings).toEqual([]);
});

it("reads the query from stdin", async () => {
  const { output } = await run(["search", "-", "-s", store, "-k", "1"], { input: "pasta\n" });
  expect(output).toContain("Boil the pasta");
  const empty = await run(["search", "-", "-s", store]);
  expect(empty).toMatchObject({
    code: 1,
    errors: "error: The query is empty. Say what to look for.\n",
  });
});

it("asks a person for the query, until Ctrl-C", async () => {
  const controller = new AbortController();
  const stopped = await run(["search", "-", "-s", store], {
    input: Object.assign(new PassThrough(), { isTTY: true }),
    signal: controller.signal,
    onMessage: () => setImmediate(() => controller.abort()),
  });
  expect(stopped).toMatchObject({
    code: 130,
    errors: "Type the query. Ctrl-D ends the input.\nStopped.\n",
  });
});

it("says what is wrong with a store", async () => {
  const missing = await run(["search", "x", "-s", "none.store"]);
  expect(missing).toMatchObject({
    code: 1,
    errors:
      "error: There is no store in none.store. " +
      "To make one: embeddinggemma index <folder> --store none.store\n",
  });
  const notes = await run(["search", "x", "-s", folder]);
  expect(notes.errors).toBe(
    `error: There is no store in ${folder}. ` +
      `To make one: embeddinggemma index ${folder} --store ${folder}.store\n`,
  );
  const file = await run(["search", "x", "-s", import.meta.filename]);
  expect(file.errors).toMatch(/test\.ts is a file; --store takes a folder\.\n$/);
  const unquoted = await run(["search", "red", "planet", "-s", store]);
  expect(unquoted.code).toBe(2);
  expect(unquoted.errors).toContain("error: Put the query in quotes.\n");
  const other = await run(["search", "x", "-s", store, "--truncate-dim", "128"]);
  expect(other.code).toBe(1);
  expect(other.errors).toBe(
    "error: The store has vectors of 256 numbers, but yours have 128.\n\n" +
      "Leave out the flags that choose a model: the one that made the store is used then. To use " +
      "another model or dimension, index your files in a new store.\n",
  );
  const fromOther = await FaissStore.create({ dimension: 768, identity: "other?dtype=fp32" });
  await fromOther.save(join(folder, "other"));
  const differs = await run(["search", "x", "-s", join(folder, "other"), "--model", "tiny"]);
  expect(differs.errors).toMatch(
    /cannot be compared with yours\. They differ in the model \(the store: other; yours: sha256:/,
  );
  const unnamed = await FaissStore.create({ dimension: 768 });
  await unnamed.save(join(folder, "unnamed"));
  const unknown = await run(["search", "x", "-s", join(folder, "unnamed"), "--model", "tiny"]);
  expect(unknown.errors).toContain("error: The store does not say which model made its vectors");
});

it.each([
  {
    record: { id: 1, text: "Mars is red." },
    reason: /was filled over a server .*: `embedding/,
  },
  { record: "Mars is red.", reason: /was made by another program/ },
])("refuses a store of $record, before a model loads", async ({ record, reason }) => {
  const foreign = join(await temporaryFolder(), "foreign.store");
  await using made = await FaissStore.create<typeof record>({ dimension: 2, identity: "other" });
  await made.upsert([{ id: "1", vector: [1, 0], record }], { saveTo: foreign });
  const none = join(folder, "no-model");
  const { code, errors } = await run(["search", "x", "-s", foreign, "--model", none]);
  expect(code).toBe(1);
  expect(errors).toMatch(reason);
  expect(errors).not.toContain(none);
});

it("says which file of a store is missing, before a model loads", async () => {
  const damaged = join(await temporaryFolder(), "damaged");
  await cp(store, damaged, { recursive: true });
  const searchDamaged = async (...flags: string[]) => {
    const { code, errors } = await run(["search", "x", "-s", damaged, "--offline", ...flags]);
    return { code, errors };
  };
  await rm(join(damaged, "embeddinggemma.json"));
  const errors =
    `error: ${damaged}/embeddinggemma.json is missing, which names the model and the files. ` +
    "Restore it, or delete the folder and index again.\n";
  expect(await searchDamaged()).toEqual({ code: 1, errors });
  const indexed = await run(["index", folder, "-s", damaged, "--offline"]);
  expect(indexed).toMatchObject({ code: 1, errors });
  const named = ["--model", "tiny", "--truncate-dim", "256"];
  expect(await searchDamaged(...named)).toEqual({ code: 0, errors: "" });

  const records = (await readdir(damaged)).find((name) => name.startsWith("records"))!;
  await rm(join(damaged, records));
  const command = `the folder ${damaged} and run \`index\` again.`;
  const repair = `Restore it from a backup, or delete ${command}`;
  expect(await searchDamaged()).toEqual({
    code: 1,
    errors: `error: ${join(damaged, records)} is missing. ${repair}\n`,
  });
  await cp(store, damaged, { recursive: true });
  await rm(join(damaged, "faiss-store.json"));
  const reason = `${damaged} is a damaged store: faiss-store.json is missing.`;
  const remembered = "--model tiny --dtype q8 --truncate-dim 256";
  const again = repair.replace(/\.$/, `, with what the store remembers: ${remembered}.`);
  const noManifest = `error: ${reason} ${again}\n`;
  expect(await searchDamaged()).toEqual({ code: 1, errors: noManifest });
  expect((await run(["index", folder, "-s", damaged])).errors).toBe(noManifest);
});

it("asks for the model of a store of another program, before it loads one", async () => {
  const foreign = join(await temporaryFolder(), "foreign.store");
  const identity = `a/b@${"0".repeat(40)}?dtype=q8`;
  await using made = await FaissStore.create({ dimension: 2, identity });
  const record = { pageContent: "Mars is red.", metadata: {} };
  await made.upsert([{ id: "1", vector: [1, 0], record }], { saveTo: foreign });
  const { code, errors } = await run(["search", "x", "-s", foreign, "--offline"]);
  expect(code).toBe(1);
  expect(errors).toContain("by another program, with the model a/b@000");
  expect(errors).toContain(". Add --model with its name or its folder.\n");
});

describe("a model that did not make the store", () => {
  it.each([
    ["model", "owner/other", "is owner/name, and yours is owner/other. Vectors of"],
    ["dtype", "q4", "They differ in dtype (the store: q8; yours: q4)."],
    ["truncate-dim", "128", "The store has vectors of 256 numbers, but yours have 128."],
  ])("is refused before a download by its --%s", async (flag, value, reason) => {
    const copy = join(folder, `${flag}.store`);
    await cp(store, copy, { recursive: true });
    const path = join(copy, "embeddinggemma.json");
    const settings = JSON.parse(await readFile(path, "utf8"));
    const model = { model: "owner/name", dtype: "q8", truncateDim: 256 };
    await writeFile(path, JSON.stringify({ ...settings, model }));
    const argv = ["-s", copy, "--offline", `--${flag}`, value];
    for (const command of [
      ["search", "x"],
      ["index", join(folder, "mars.md")],
    ]) {
      const { code, errors } = await run([...command, ...argv]);
      expect(code).toBe(1);
      expect(errors).toContain(`${reason}`);
      expect(errors).toContain("\n\nLeave out the flags that choose a model: the one");
    }
  });

  it("is refused, and both models are named", async () => {
    const { code, errors } = await run(["search", "x", "-s", store, "--model", otherModel]);
    expect(code).toBe(1);
    expect(errors).toMatch(
      /^error: The model of the store is tiny, and yours is \S+other-model\. Vectors of different/,
    );
  });

  it("is not used from the environment, and a note says so", async () => {
    vi.stubEnv("EMBEDDINGGEMMA_MODEL", otherModel);
    const { code, output, errors } = await run(["search", "pasta", "-s", store, "-k", "1"]);
    expect(code).toBe(0);
    expect(output).toContain("Boil the pasta");
    expect(errors).toBe(
      "EMBEDDINGGEMMA_MODEL is ignored: the store was made with tiny. To use another model, " +
        "index your files in a new store.\n",
    );
    vi.stubEnv("EMBEDDINGGEMMA_MODEL", "tiny");
    expect(await run(["search", "pasta", "-s", store])).toMatchObject({ code: 0, errors: "" });
  });
});
