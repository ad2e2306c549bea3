import { mkdtemp, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { changeSettings, readSettings } from "./store-settings.ts";

const folder = await temporaryFolder();
const settings = { model: {}, chunks: { tokens: 256, overlap: 32 }, root: "..", files: {} };

it("loses no file of two runs that change the settings at once", async () => {
  const store = await mkdtemp(join(folder, "store-"));
  const names = Array.from({ length: 10 }, (_, number) => `${number}.md`);
  await Promise.all(
    names.map((name) =>
      changeSettings(store, (saved) => ({
        ...settings,
        files: { ...saved?.files, [name]: { digest: name, chunks: 1 } },
      })),
    ),
  );
  const { files } = (await readSettings(store))!;
  expect(Object.keys(files).sort()).toEqual(names);
  expect(await readdir(store)).toEqual(["embeddinggemma.json"]);
});

it("says which program keeps the settings from being saved", async () => {
  const store = await mkdtemp(join(folder, "store-"));
  const owner = { token: "theirs", pid: 7, started: "1", host: "elsewhere" };
  await writeFile(join(store, "faiss-store.lock"), JSON.stringify(owner));
  await expect(changeSettings(store, () => settings, 0)).rejects.toThrow(
    /^Another program is saving to \S+ \(process 7 on elsewhere, lock file \S+lock\)\. Run the/,
  );
});

it.each(["null", "{}", "[", '{"model": {}, "chunks": {}, "files": {}, "root": 1}'])(
  "refuses damaged settings: %s",
  async (content) => {
    await writeFile(join(folder, "embeddinggemma.json"), content);
    await expect(readSettings(folder)).rejects.toThrow(
      /gemma\.json cannot be read: .*\. Restore it, or index your files in a new store\.$/,
    );
  },
);
