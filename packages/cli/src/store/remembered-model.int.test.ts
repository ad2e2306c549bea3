import {
  appendFile,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Adapter, Embedder } from "@embeddinggemma/core";
import { type RunningServer, serve } from "@embeddinggemma/server";
import { modelPath } from "@embeddinggemma/tiny-model";
import { saveAdapter } from "@embeddinggemma/tune";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { run } from "../testing/run-program.ts";

let embedder: Embedder;
let server: RunningServer;
/** What a team shares: `docs`, `docs.store` and `adapters`. */
let team = "";

beforeAll(async () => {
  embedder = await Embedder.load(modelPath);
  server = await serve(embedder, { hostname: "127.0.0.1", port: 0 });
});

afterAll(async () => {
  await server.close();
  await embedder.dispose();
});

beforeEach(async () => {
  team = await mkdtemp(join(tmpdir(), "remembered-model-"));
  await mkdir(join(team, "docs"));
  await writeFile(join(team, "docs/mars.txt"), "Mars is red.");
  await saveAdapter(adapterOf("query"), join(team, "adapters/query"));
});

afterEach(() => rm(team, { recursive: true }));

function adapterOf(sides: "query" | "both"): Adapter {
  const base = { model: "tiny", identity: embedder.modelIdentity };
  const delta = Float32Array.from({ length: 768 * 768 }, (_, index) => Math.sin(index) / 50);
  return Adapter.from({ sides, dimension: 768, weights: { delta }, base });
}

const index = (...flags: string[]) =>
  run(["index", join(team, "docs"), "--store", join(team, "docs.store"), ...flags]);
const adapter = () => join(team, "adapters/query");
const makeTuned = () => index("--model", "tiny", "--adapter", adapter());

async function scoreOf(...flags: string[]): Promise<number> {
  const argv = ["search", "a red planet", "--store", join(team, "docs.store"), "--json", ...flags];
  const { output, errors } = await run(argv);
  expect(errors).toBe("");
  return JSON.parse(output)[0].score;
}

async function remembered(folder = team): Promise<unknown> {
  return JSON.parse(await readFile(join(folder, "docs.store/embeddinggemma.json"), "utf8")).model;
}

it("searches with the adapter of a store, with a server or a copy of its model", async () => {
  expect((await makeTuned()).errors).toBe("");
  const tuned = await scoreOf();
  expect(await scoreOf("--url", server.url)).toBeCloseTo(tuned, 4);
  expect(await scoreOf("--model", modelPath)).toBe(tuned);
  const plain = await scoreOf("--no-adapter");
  expect(Math.abs(plain - tuned)).toBeGreaterThan(0.001);
  expect(await scoreOf("--url", server.url, "--no-adapter")).toBeCloseTo(plain, 4);
});

it("does without the adapter of a server with --no-adapter", async () => {
  await makeTuned();
  const plain = await scoreOf("--no-adapter");
  const tuned = embedder.withAdapter(await Adapter.load(adapter()));
  await using other = await serve(tuned, { hostname: "127.0.0.1", port: 0 });
  expect(await scoreOf("--url", other.url, "--no-adapter")).toBeCloseTo(plain, 4);
});

it("keeps an adapter for all texts, also with a server that has it", async () => {
  const folder = join(team, "adapters/both");
  await saveAdapter(adapterOf("both"), folder);
  await index("--model", "tiny", "--adapter", folder);
  const [before, score] = [await remembered(), await scoreOf()];
  const tuned = embedder.withAdapter(await Adapter.load(folder));
  await using other = await serve(tuned, { hostname: "127.0.0.1", port: 0 });
  expect(await scoreOf("--url", other.url)).toBeCloseTo(score, 4);
  await writeFile(join(team, "docs/venus.txt"), "Venus is hot.");
  for (const flags of [[], ["--no-adapter"]])
    expect(await index("--url", other.url, ...flags)).toMatchObject({ code: 0 });
  expect(await remembered()).toEqual(before);
  expect(await scoreOf()).toBeCloseTo(score, 4);
  const plain = await index("--url", server.url, "--no-adapter");
  expect([plain.code, plain.errors]).toEqual([1, expect.stringContaining("adapter for all vect")]);
});

it("remembers its model when a run embeds with a server, and the reverse", async () => {
  await makeTuned();
  const before = await remembered();
  const kept =
    `The store still remembers the model tiny with the adapter ${adapter()}. To replace it with ` +
    `the server ${server.url}, add --remember.\n`;
  expect(await index("--url", server.url)).toMatchObject({ code: 0, errors: kept });
  expect(await remembered()).toEqual(before);
  const replaced =
    `The store now remembers the server ${server.url} with the adapter ${adapter()} (before: the ` +
    `model tiny with the adapter ${adapter()}). Later searches use it.\n`;
  const { errors } = await index("--url", server.url, "--remember");
  expect(errors).toBe(replaced);
  expect(await remembered()).toEqual({ url: server.url, adapter: "../adapters/query" });
  expect((await index("--model", "tiny")).errors).toContain("still remembers the server http");
  expect((await index("--model", "tiny", "--remember")).errors).toContain("now remembers the mod");
  expect(await remembered()).toEqual(before);
});

it("says that later searches use an adapter, until it is forgotten", async () => {
  await index("--model", "tiny");
  const added =
    `The store now remembers the model tiny with the adapter ${adapter()} (before: the model ` +
    "tiny). Later searches use it.\n";
  expect((await index("--adapter", adapter())).errors).toBe(added);
  expect((await index("--adapter", adapter())).errors).toBe("");
  const { errors } = await index("--no-adapter");
  expect(errors).toContain("The store now remembers the model tiny (before: the model tiny with");
  expect(await remembered()).toEqual({ model: "tiny", dtype: "q8" });
});

it("says that it has not remembered a server, although it has remembered an adapter", async () => {
  await index("--model", "tiny");
  expect((await index("--url", server.url, "--adapter", adapter())).errors).toBe(
    `The store now remembers the model tiny with the adapter ${adapter()} (before: the model ` +
      "tiny). Later searches use it.\nThe store still remembers the model tiny. To replace it " +
      `with the server ${server.url}, add --remember.\n`,
  );
});

it("takes a linked folder for the one that it links to", async () => {
  await makeTuned();
  await symlink(join(team, "adapters"), join(team, "linked"));
  expect((await index("--adapter", join(team, "linked/query"))).errors).toBe("");
});

it("needs a model or a server to remember", async () => {
  const { code, errors } = await index("--remember", "--adapter", adapter());
  expect(code).toBe(2);
  expect(errors).toContain("error: --remember needs --model or --url.\n");
});

it("finds adapter and model in a copy of all, and where they were", async () => {
  await cp(modelPath, join(team, "models/tiny"), { recursive: true });
  await index("--model", join(team, "models/tiny"), "--adapter", adapter());
  const model = { model: "../models/tiny", dtype: "q8", adapter: "../adapters/query" };
  expect(await remembered()).toEqual(model);
  const tuned = await scoreOf();
  const copy = `${team}-copy`;
  await cp(join(team, "docs.store"), join(copy, "a/docs.store"), { recursive: true });
  const search = (store: string) => run(["search", "a red planet", "--store", store, "--json"]);
  const lone = await search(join(copy, "a/docs.store"));
  expect(JSON.parse(lone.output)[0].score).toBe(tuned);
  await rename(team, join(copy, "b"));
  const whole = await search(join(copy, "b/docs.store"));
  expect(JSON.parse(whole.output)[0].score).toBe(tuned);
  await rename(join(copy, "b"), team);
  await rm(copy, { recursive: true });
});

it("reads the absolute paths of older versions", async () => {
  await makeTuned();
  const tuned = await scoreOf();
  const file = join(team, "docs.store/embeddinggemma.json");
  const settings = JSON.parse(await readFile(file, "utf8"));
  settings.model.adapter = adapter();
  await writeFile(file, JSON.stringify(settings));
  expect(await scoreOf()).toBe(tuned);
  const copy = `${team}-copy`;
  await rename(team, copy);
  const moved = await run(["search", "a red planet", "-s", join(copy, "docs.store"), "--json"]);
  expect(JSON.parse(moved.output)[0].score).toBe(tuned);
  await rename(copy, team);
});

it("says which folder of its model or adapter is not there", async () => {
  await cp(modelPath, join(team, "models/tiny"), { recursive: true });
  await index("--model", join(team, "models/tiny"), "--adapter", adapter());
  const tuned = await scoreOf();
  const argv = ["search", "red", "--store", join(team, "docs.store")];
  await rename(join(team, "models"), join(team, "elsewhere"));
  const noModel =
    `error: The store remembers the model in ${team}/models/tiny, which is not there. Add ` +
    "--model <folder>; with `index`, the store remembers it.\n";
  expect(await run(argv)).toMatchObject({ code: 1, errors: noModel });
  expect(await run(["serve", "--store", argv[3]!])).toMatchObject({ code: 1, errors: noModel });
  expect(await scoreOf("--model", join(team, "elsewhere/tiny"))).toBe(tuned);
  const now = await index("--model", join(team, "elsewhere/tiny"));
  expect(now.errors).toContain(`(before: the model ${team}/models/tiny with the adapter`);

  await rename(join(team, "adapters"), join(team, "moved"));
  const noAdapter =
    `error: The store remembers the adapter in ${adapter()}, which is not there. Add ` +
    "--adapter <folder>; with `index`, the store remembers it. To do without it, add " +
    "--no-adapter.\n";
  expect(await run(argv)).toMatchObject({ code: 1, errors: noAdapter });
  expect(await scoreOf("--adapter", join(team, "moved/query"))).toBe(tuned);
  expect(await run([...argv, "--no-adapter"])).toMatchObject({ code: 0, errors: "" });
});

it("asks for the model of the store if another one is in its folder", async () => {
  const model = join(team, "models/tiny");
  await cp(modelPath, model, { recursive: true });
  await index("--model", model);
  await appendFile(join(model, "onnx/model_quantized.onnx"), Buffer.from([0xfa, 0x3e, 1, 0]));
  const search = (...flags: string[]) =>
    run(["search", "red", "--store", join(team, "docs.store"), ...flags]);
  const { errors } = await search();
  expect(errors).toContain("They differ in the model (the store: sha256:");
  expect(errors).toContain("\n\nGive the model that made the store as --model. To use another");
  expect((await search("--model", "tiny")).code).toBe(0);
});

it("says what a server ran that cannot be reached, and what can replace it", async () => {
  const gone = await serve(embedder, { hostname: "127.0.0.1", port: 0 });
  expect((await index("--url", gone.url)).errors).toBe("");
  await gone.close();
  const argv = ["search", "red", "--store", join(team, "docs.store")];
  const unreachable = await run(argv);
  expect(unreachable.code).toBe(1);
  expect(unreachable.errors.split("\n")[0]).toBe(
    `${gone.url} cannot be reached. It is tried again for some seconds.`,
  );
  expect(unreachable.errors).toContain(
    "The store was made with this server. If it runs elsewhere now, add --url <url>. If you have " +
      "its model here, add --model <folder> --dtype q8.\n",
  );
  const other = join(team, "other");
  await cp(modelPath, other, { recursive: true });
  await appendFile(join(other, "onnx/model_quantized.onnx"), Buffer.from([0xfa, 0x3e, 1, 0]));
  const refused = await run([...argv, "--model", other]);
  expect(refused.errors).toBe(
    `error: The model of the store is the one that ${gone.url} ran, and yours is ${other}. ` +
      "Vectors of different models cannot be compared.\n\nGive the model that the server ran as " +
      "--model, with its --dtype, or a server with it as --url. To use another model or " +
      "dimension, index your files in a new store.\n",
  );
  expect((await run([...argv, "--model", "tiny"])).code).toBe(0);
}, 60_000);
