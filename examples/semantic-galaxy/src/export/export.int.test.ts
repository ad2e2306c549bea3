import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Embedder } from "@embeddinggemma/core";
import { FaissStore } from "@embeddinggemma/faiss";
import { modelPath } from "@embeddinggemma/tiny-model";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { GalaxyText } from "../texts/galaxy-text.ts";
import { exportFaiss } from "./export-faiss.ts";
import { exportJson } from "./export-json.ts";
import type { ExportedGalaxy } from "./exported-galaxy.ts";

const texts: GalaxyText[] = [
  { id: "venus", title: "Venus", text: "It is called Earth's twin because of its similar size." },
  { id: "mars", title: "Mars", text: "It is called the Red Planet.", category: "planet" },
  { id: "jupiter", text: "Jupiter is the largest planet, with a Great Red Spot." },
];
const question = "Which planet is known as the Red Planet?";

let embedder: Embedder;
let folder: string;
let galaxy: ExportedGalaxy;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "galaxy-"));
  embedder = await Embedder.load(modelPath);
  const vectors = await embedder.encodeDocument(
    texts.map(({ title = "", text }) => ({ title, text })),
  );
  galaxy = {
    texts,
    x: Float32Array.of(0, 0.5, 1),
    y: Float32Array.of(-1, 0, 1),
    identity: embedder.identity,
    dimension: embedder.dimension,
    vectors: async (from, to) =>
      Float32Array.from(vectors.slice(from, to).flatMap((vector) => [...vector])),
  };
});

afterAll(async () => {
  await embedder?.dispose();
  await rm(folder, { recursive: true, force: true });
});

test("FaissStore.import reads the folder in the zip, and finds Mars first", async () => {
  const zip = await exportFaiss(galaxy);
  for (const [name, bytes] of Object.entries(unzipSync(new Uint8Array(await zip.arrayBuffer())))) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
  const store = await FaissStore.import(join(folder, "galaxy"), {
    identity: embedder.identity,
    engine: "exact",
  });
  const [best] = await store.search(await embedder.encodeQuery(question), { k: 1 });
  expect(store.size).toBe(3);
  expect(best).toMatchObject({
    id: "mars",
    record: {
      pageContent: texts[1]!.text,
      metadata: { title: "Mars", category: "planet" },
    },
  });
});

test("JSON has texts, places, and vectors in Base64", async () => {
  const json = JSON.parse(await (await exportJson(galaxy)).text());
  expect(json).toMatchObject({ identity: embedder.identity, dimension: 768 });
  expect(json.texts).toMatchObject(texts);
  expect(json.texts[1]).toMatchObject({ x: 0.5, y: 0 });
  const bytes = Uint8Array.from(atob(json.texts[1].vector), (letter) => letter.charCodeAt(0));
  expect(new Float32Array(bytes.buffer)).toEqual(await galaxy.vectors(1, 2));
});
