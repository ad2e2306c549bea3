import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Application } from "./application.ts";
import { forgetCachedPackages, otherPackageManagers } from "./package-managers.ts";
import { type Registry, serveRegistry } from "./registry.ts";

let folder: string;
let registry: Registry;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "managers-")));
  registry = await serveRegistry(folder);
  await forgetCachedPackages();
});

afterAll(async () => {
  await registry.close();
  rmSync(folder, { recursive: true });
});

// While one waits for downloads, others install. They can take minutes on a busy machine.
it.concurrent.each(otherPackageManagers)(
  "$title installs the packages, which embed, store and search",
  { timeout: 600_000 },
  async (manager) => {
    const application = new Application(join(folder, manager.title), registry.url, manager);
    const output = await application.install(
      ...["@embeddinggemma/langchain", "@embeddinggemma/tiny-model", "@langchain/core@1.4.0"],
    );
    expect(output).not.toMatch(/peer dep|unmet/i);
    application.transpile("langchain");
    const hits = (await application.run("langchain.mjs")) as { id: string }[];
    expect(hits.map((hit) => hit.id)).toEqual(["mars", "jupiter", "saturn", "venus"]);
    expect(await application.run("langchain.cjs")).toEqual(hits);
  },
);
