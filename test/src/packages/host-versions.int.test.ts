import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Application } from "./application.ts";
import { type PackageName, packPackages } from "./tarballs.ts";

// npm and the compiler take long on a busy machine.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

/**
 * The ends of the adapters' peer ranges, as far as they are published. The other two,
 * `@langchain/core` 1.4.0 and the `@llamaindex/core` 0.6.22 that `llamaindex` pins, are what
 * packages.int.test.ts installs.
 */
const hosts: {
  adapter: PackageName;
  consumer: string;
  host: string;
  beside: string[];
  ids: string[];
}[] = [
  {
    adapter: "langchain",
    consumer: "langchain",
    host: "@langchain/core@1.0.0",
    beside: [],
    ids: ["jupiter", "mars", "saturn", "venus"],
  },
  {
    adapter: "llamaindex",
    consumer: "llamaindex-core",
    host: "@llamaindex/core@0.6.23",
    beside: ["@llamaindex/env@0.1.31"],
    ids: ["jupiter", "mars", "saturn"],
  },
];

let folder: string;
let tarballs: Record<PackageName, string>;

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "host-versions-")));
  tarballs = packPackages(folder);
});

afterAll(() => rmSync(folder, { recursive: true }));

describe.each(hosts)("$host", ({ adapter, consumer, host, beside, ids }) => {
  let application: Application;

  beforeAll(async () => {
    application = new Application(join(folder, host.replaceAll(/\W+/g, "-")));
    const own = [tarballs.core, tarballs.faiss, tarballs[adapter], tarballs["tiny-model"]];
    await application.install(...own, host, ...beside, "faiss-node@0.5.1", "@types/node@20");
    application.copyAddon();
  });

  it("is what is installed", () => {
    const [, name, version] = host.match(/^(.+)@(.+)$/) as [string, string, string];
    const installed = createRequire(import.meta.url)(
      application.path("node_modules", name, "package.json"),
    );
    expect(installed.version).toBe(version);
  });

  it("compiles with strict types", async () => {
    // The frameworks' own declarations have errors.
    await application.compile(consumer, { skipLibCheck: true });
  });

  it("embeds, stores and searches, as an ES module and as CommonJS alike", async () => {
    const hits = (await application.run(`${consumer}.mjs`)) as { id: string; score: number }[];
    expect(hits[0]!.id).toBe("mars");
    expect(hits.map(({ id }) => id).toSorted()).toEqual(ids);
    expect(await application.run(`${consumer}.cjs`)).toEqual(hits);
  });
});
