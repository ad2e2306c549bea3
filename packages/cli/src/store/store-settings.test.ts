import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { readSettings } from "./store-settings.ts";

const folder = await temporaryFolder();

it.each(["null", "{}", "[", '{"model": {}, "chunks": {}, "files": {}, "root": 1}'])(
  "refuses damaged settings: %s",
  async (content) => {
    await writeFile(join(folder, "embeddinggemma.json"), content);
    await expect(readSettings(folder)).rejects.toThrow(
      /gemma\.json cannot be read: .*\. Restore it, or index your files in a new store\.$/,
    );
  },
);
