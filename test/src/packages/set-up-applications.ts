import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { Application } from "./application.ts";
import type { PackageManager } from "./package-managers.ts";
import { type Registry, serveRegistry } from "./registry.ts";

/** The applications of a test file. */
interface Applications {
  /** Creates an application, which npm manages by default. */
  create(name: string, manager?: PackageManager): Application;
  /** Paths of the packed packages. */
  readonly tarballs: Registry["tarballs"];
}

/** Prepares a folder and a registry for the applications of a test file. */
export function setUpApplications(): Applications {
  let folder: string;
  let registry: Registry;

  beforeAll(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "applications-")));
    registry = await serveRegistry();
  });

  afterAll(async () => {
    await registry.close();
    rmSync(folder, { recursive: true });
  });

  return {
    create: (name, manager) => new Application(join(folder, name), registry.url, manager),
    get tarballs() {
      return registry.tarballs;
    },
  };
}
