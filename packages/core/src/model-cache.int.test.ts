import { mkdir, mkdtemp, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { setUpHub, weights } from "../test-support/hub-setup.ts";
import { removeCachedModel, scanModelCache } from "./model-cache.ts";

describe("the cache after loads", () => {
  const setup = setUpHub();

  it("has the model with its files, what was computed, and nothing after its removal", async () => {
    const { cacheDir, hub } = setup;
    await setup.loadAndEncode();
    const cache = await scanModelCache({ cacheDir });
    const [model] = cache.models;
    expect(cache).toMatchObject({ path: cacheDir, size: model!.size });
    expect(model).toMatchObject({ id: "owner/model", unfinished: [] });
    expect(model!.revisions).toMatchObject([
      { commit: hub.commit, references: ["main"], dtypes: ["fp32"] },
    ]);
    const { path, files } = model!.revisions[0]!;
    const { size } = await stat(join(path, weights));
    expect(files).toContainEqual({ name: weights, size });
    expect(model!.computedSize).toBeGreaterThan(0);
    expect(Date.now() - Number(model!.lastUsed)).toBeLessThan(60 * 60_000);

    expect((await removeCachedModel("owner/model", { cacheDir })).size).toBe(cache.size);
    expect(await scanModelCache({ cacheDir })).toEqual({ path: cacheDir, size: 0, models: [] });
  });

  it("has the part of a file whose download did not finish", async () => {
    const { cacheDir, hub } = setup;
    hub.misbehave = ({ storage }, response) => {
      if (storage) response.writeHead(200, { "content-length": 2 ** 20 }).write("x".repeat(1000));
      return storage;
    };
    const controller = new AbortController();
    const { signal } = controller;
    const onDownloadProgress = ({ file = "", loaded = 0 }) => {
      if (file === weights && loaded > 0) controller.abort();
    };
    await expect(setup.load({ signal, onDownloadProgress })).rejects.toThrow(/abort/);
    const { models } = await scanModelCache({ cacheDir });
    const name = `snapshots/${hub.commit}/${weights}.incomplete`;
    expect(models[0]!.unfinished).toEqual([{ name, size: 1000 }]);
    expect(models[0]!.revisions[0]!.files.map((file) => file.name)).not.toContain(weights);
  });
});

describe("a cache of huggingface_hub", () => {
  let cacheDir: string;
  let outside: string;
  const commits = ["a".repeat(40), "b".repeat(40)];

  beforeEach(async () => {
    cacheDir = await mkdtemp(join(tmpdir(), "python-cache-"));
    outside = await mkdtemp(join(tmpdir(), "outside-"));
    await write(join(outside, "precious.bin"), 5);
    const model = join(cacheDir, "models--google--gemma");
    await write(join(model, "blobs", "weights"), 1000);
    await write(join(model, "blobs", "next.incomplete"), 50);
    for (const commit of commits)
      await link("../../../blobs/weights", join(model, "snapshots", commit, "onnx/model_q4.onnx"));
    await link("../../blobs/gone", join(model, "snapshots", commits[0]!, "config.json"));
    await link(outside, join(model, "snapshots", commits[0]!, "outside"));
    await mkdir(join(model, "refs", "refs"), { recursive: true });
    await writeFile(join(model, "refs", "main"), commits[0]!);
    await writeFile(join(model, "refs", "refs", "pr"), `${commits[0]}\n`);
    await write(join(cacheDir, "datasets--owner--data", "blobs", "rows"), 10);
    await link(outside, join(cacheDir, "models--owner--linked"));
  });

  afterEach(async () => {
    await rm(cacheDir, { recursive: true });
    await rm(outside, { recursive: true });
  });

  it("counts a file of two revisions once, and none outside", async () => {
    const { models } = await scanModelCache({ cacheDir });
    const model = models.find(({ id }) => id === "google/gemma")!;
    expect(model.size).toBe(1000 + 50 + 2 * 40 + 1);
    expect(model.unfinished).toEqual([{ name: "blobs/next.incomplete", size: 50 }]);
    const [first, second] = commits.map(
      (commit) => model.revisions.find((revision) => revision.commit === commit)!,
    );
    expect(first!.references.toSorted()).toEqual(["main", "refs/pr"]);
    expect(first!.files).toEqual(
      expect.arrayContaining([
        { name: "config.json", size: null },
        { name: "onnx/model_q4.onnx", size: 1000 },
      ]),
    );
    expect(second).toMatchObject({
      references: [],
      files: [{ name: "onnx/model_q4.onnx", size: 1000 }],
      dtypes: ["q4"],
    });
    expect(models.map(({ id }) => id).toSorted()).toEqual(["google/gemma", "owner/linked"]);
  });

  it("loses a model, and nothing that links lead to", async () => {
    expect((await removeCachedModel("google/gemma", { cacheDir })).size).toBe(1131);
    await expect(removeCachedModel("owner/linked", { cacheDir })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(`a link to another folder, ${outside}`),
    });
    expect((await stat(join(outside, "precious.bin"))).size).toBe(5);
    const { models } = await scanModelCache({ cacheDir });
    expect(models.map(({ id }) => id)).toEqual(["owner/linked"]);
  });

  it("has no models or revisions that are files", async () => {
    await write(join(cacheDir, "models--google--gemma.tar"), 10);
    const snapshots = join(cacheDir, "models--google--gemma", "snapshots");
    await write(join(snapshots, ".DS_Store"), 10);
    const { models } = await scanModelCache({ cacheDir });
    expect(models.map(({ id }) => id).toSorted()).toEqual(["google/gemma", "owner/linked"]);
    const { revisions } = models.find(({ id }) => id === "google/gemma")!;
    expect(revisions.map(({ commit }) => commit).toSorted()).toEqual(commits);
  });

  it("has models and revisions that are links to nothing, which can be removed", async () => {
    await link(join(outside, "gone"), join(cacheDir, "models--owner--gone"));
    const model = join(cacheDir, "models--google--gemma");
    await link("gone", join(model, "snapshots", "c".repeat(40)));
    await link("gone", join(model, "refs", "gone"));
    const { models } = await scanModelCache({ cacheDir });
    expect(models.find(({ id }) => id === "owner/gone")).toMatchObject({ size: 0, revisions: [] });
    expect(models.find(({ id }) => id === "google/gemma")!.revisions).toHaveLength(3);
    for (const id of ["owner/gone", "google/gemma"]) await removeCachedModel(id, { cacheDir });
    const left = await scanModelCache({ cacheDir });
    expect(left.models.map(({ id }) => id)).toEqual(["owner/linked"]);
  });

  it.each([
    ["gogle/gemma", 'Did you mean "google/gemma"?'],
    ["../outside", "It has "],
    ["", "It has "],
  ])("has no model %j to remove", async (id, advice) => {
    await expect(removeCachedModel(id, { cacheDir })).rejects.toMatchObject({
      code: "MODEL_NOT_FOUND",
      message: expect.stringContaining(advice),
    });
  });
});

it("is empty if there is no folder, and fails if it is none", async () => {
  const cacheDir = join(tmpdir(), "no", "such", "folder");
  expect(await scanModelCache({ cacheDir })).toEqual({ path: cacheDir, size: 0, models: [] });
  await expect(scanModelCache({ cacheDirectory: "x" } as object)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
});

async function write(path: string, size: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, "");
  await truncate(path, size);
}

async function link(target: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await symlink(target, path);
}
