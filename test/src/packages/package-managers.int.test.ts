import { beforeAll, expect, it, vi } from "vitest";
import { forgetCachedPackages, otherPackageManagers } from "./package-managers.ts";
import { setUpApplications } from "./set-up-applications.ts";

// Package managers can take minutes on a busy machine, and the removal of what they install one.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 300_000 });

const applications = setUpApplications();

beforeAll(forgetCachedPackages);

// While one waits for downloads, others install.
it.concurrent.each(otherPackageManagers)(
  "$title installs the packages, which embed, store and search",
  async (manager) => {
    const application = applications.create(manager.title, manager);
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
