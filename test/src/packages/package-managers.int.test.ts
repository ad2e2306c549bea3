import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { Application } from "./application.ts";
import { forgetCachedPackages, otherPackageManagers } from "./package-managers.ts";
import { type Registry, serveRegistry } from "./registry.ts";

// Package managers can take minutes on a busy machine, and the removal of what they install one.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 300_000 });

let folder: string;
let registry: Registry;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "managers-")));
  registry = await serveRegistry();
  await forgetCachedPackages();
});

afterAll(async () => {
  await registry.close();
  rmSync(folder, { recursive: true });
});

// While one waits for downloads, others install.
it.concurrent.each(otherPackageManagers)(
  "$title installs the packages, which embed, store and search",
  async (manager) => {
    const application = new Application(join(folder, manager.title), registry.url, manager);
    const output = await application.install(
      ...["@embeddinggemma/langchain", "@embeddinggemma/tiny-model", "@langchain/core@1.4.0"],
    );
    expect(output).not.toMatch(/peer dep|unmet/i);
    application.transpile("langchain");
    const [hits, inCommonJs] = (await application.run("langchain")).langchain;
    const ids = (hits as { id: string }[]).map(({ id }) => id);
    expect(ids).toEqual(["mars", "jupiter", "saturn", "venus"]);
    expect(inCommonJs).toEqual(hits);
  },
);
