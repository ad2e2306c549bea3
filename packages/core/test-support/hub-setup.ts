import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, vi } from "vitest";
import { Embedder } from "../src/embedder.ts";
import type { LoadOptions } from "../src/options.ts";
import { HubServer } from "./hub-server.ts";

export const fixture = fileURLToPath(
  new URL("../../../test/fixtures/embeddinggemma", import.meta.url),
);
export const weights = "onnx/model.onnx";

const model = "owner/model";

/** A Hub with one repository, `owner/model`, and an empty cache. Both are new for every test. */
export interface HubSetup {
  readonly hub: HubServer;
  readonly cacheDir: string;
  /** Loads the model, as fp32 unless the options say otherwise. */
  load(this: void, options?: LoadOptions): Promise<Embedder>;
  /** Loads the model, embeds one query and disposes the embedder. */
  loadAndEncode(this: void, options?: LoadOptions): Promise<Float32Array>;
  /** Path in the cache of a file of the model. */
  cached(this: void, file: string): string;
  /** Replaces the repository by a changed copy of it. */
  serveChanged(this: void, change: (folder: string) => Promise<void>): Promise<void>;
}

/** Registers hooks for the tests of the calling file. No token is set in their environment. */
export function setUpHub(): HubSetup {
  let hub: HubServer;
  let cacheDir: string;

  beforeEach(async () => {
    hub = await HubServer.start(model, fixture);
    cacheDir = await mkdtemp(join(tmpdir(), "hub-cache-"));
    for (const variable of ["HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_DISABLE_IMPLICIT_TOKEN"])
      vi.stubEnv(variable, undefined);
    vi.stubEnv("HF_HOME", join(cacheDir, "home"));
  });

  afterEach(async () => {
    vi.unstubAllEnvs();
    await hub[Symbol.asyncDispose]();
    await rm(cacheDir, { recursive: true });
  });

  const load = (options?: LoadOptions) =>
    Embedder.load(model, { dtype: "fp32", endpoint: hub.endpoint, cacheDir, ...options });

  return {
    get hub() {
      return hub;
    },
    get cacheDir() {
      return cacheDir;
    },
    load,
    async loadAndEncode(options) {
      await using embedder = await load(options);
      return embedder.encodeQuery("Which planet is known as the Red Planet?");
    },
    cached: (file) => join(cacheDir, "models--owner--model", "snapshots", hub.commit, file),
    async serveChanged(change) {
      const folder = join(cacheDir, "repository");
      await cp(fixture, folder, { recursive: true });
      await change(folder);
      await hub[Symbol.asyncDispose]();
      hub = await HubServer.start(model, folder);
    },
  };
}
