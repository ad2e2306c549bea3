import { existsSync } from "node:fs";
import { mkdtemp, readdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FaissStore } from "./faiss-store.ts";
import { LazyFaissStore } from "./lazy-faiss-store.ts";

const documents = { toDocument: () => ({ pageContent: "Mars", metadata: {} }) };
const { HOME } = process.env;
const cwd = process.cwd();

let folder: string;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "faiss-forms-")));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(folder, "home-"));
  process.env.HOME = home;
  process.chdir(await mkdtemp(join(folder, "cwd-")));
});
afterEach(async () => {
  expect(await readdir("."), "the working directory").toEqual([]);
  process.chdir(cwd);
  process.env.HOME = HOME;
});

async function planets(): Promise<FaissStore<string>> {
  const store = await FaissStore.create<string>({ engine: "builtin" });
  await store.upsert([{ id: "mars", vector: [0, 1], record: "red" }]);
  return store;
}

describe.each<[form: string, of: (name: string) => string | URL]>([
  ["a path with ~", (name) => `~/${name}`],
  ["a file: URL", (name) => pathToFileURL(join(home, name)).href],
  ["a URL", (name) => pathToFileURL(join(home, name))],
])("%s", (_, of) => {
  const path = (name: string) => join(home, name);

  it("is a folder to save to, and to open", async () => {
    const store = await planets();
    await store.save(of("näher #1"));
    expect(existsSync(path("näher #1/faiss-store.json"))).toBe(true);
    expect(await FaissStore.exists(of("näher #1"))).toBe(true);
    expect(await FaissStore.exists(of("other"))).toBe(false);
    const opened = await FaissStore.open<string>(of("näher #1"));
    expect(opened.get("mars")?.record).toBe("red");
    await opened.upsert([{ id: "venus", vector: [1, 0], record: "hot" }], {
      saveTo: of("näher #1"),
    });
    await opened.delete("mars", { saveTo: of("näher #1") });
    expect((await FaissStore.open(path("näher #1"))).ids()).toEqual(["venus"]);
  });

  it("is the same folder as its path: no change of another program is lost", async () => {
    const store = await planets();
    await store.save(of("shared"));
    const other = await FaissStore.open<string>(path("shared"));
    await other.upsert([{ id: "venus", vector: [1, 0], record: "hot" }], {
      saveTo: path("shared"),
    });
    await store.upsert([{ id: "earth", vector: [1, 1], record: "blue" }]);
    await expect(store.save(of("shared"))).rejects.toMatchObject({ code: "STORE_CHANGED" });
  });

  it("is a file or folder to export to, and to import", async () => {
    const store = await planets();
    await store.exportFaiss(of("planets.faiss"));
    await store.exportLangChainPython(of("python"), documents);
    expect((await FaissStore.import(of("planets.faiss"))).size).toBe(1);
    expect((await FaissStore.import(path("planets.faiss"))).size).toBe(1);
    expect((await FaissStore.import(of("python"))).ids()).toEqual(["mars"]);
  });

  it("is the folder of a lazy store", async () => {
    await (await planets()).save(path("lazy"));
    const embedding = { dimension: async () => 2, identity: async () => "tiny" };
    const lazy = new LazyFaissStore(embedding, { allowMismatch: true }, of("lazy"));
    expect((await lazy.get()).ids()).toEqual(["mars"]);
  });
});

describe.each<[form: string, given: unknown, advice: string]>([
  ["a relative file: URL", "file:planets", "cannot be relative"],
  ["the URL of a server", "https://example.com/planets", "download it first"],
  ["an URL object of a server", new URL("https://example.com/planets"), "download it first"],
  ["a number", 7, "a path or a `file:` URL; 7 was given"],
  ["nothing", "", 'a path or a `file:` URL; "" was given'],
])("%s", (_, given, advice) => {
  const wrong = given as string;
  const refused = { code: "INVALID_ARGUMENT", message: expect.stringContaining(advice) };

  it("is refused everywhere", async () => {
    const store = await planets();
    const items = [{ id: "venus", vector: [1, 0], record: "hot" }];
    for (const call of [
      () => store.save(wrong),
      () => store.upsert(items, { saveTo: wrong }),
      () => store.delete("mars", { saveTo: wrong }),
      () => store.exportFaiss(wrong),
      () => store.exportLangChainPython(wrong, documents),
      () => FaissStore.open(wrong),
      () => FaissStore.exists(wrong),
      () => FaissStore.import(wrong),
      async () => new LazyFaissStore({}, {}, wrong),
    ])
      await expect(call(), String(call)).rejects.toMatchObject(refused);
    expect(store.ids()).toEqual(["mars"]);
  });
});
