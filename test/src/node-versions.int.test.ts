import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeVector, expandText, readGolden } from "./golden/golden.ts";
import { nodeBinary } from "./node-versions/node-binary.ts";

const run = promisify(execFile);
const golden = readGolden("embeddinggemma");
const cases = golden.cases.filter(
  ({ call, tokens, prompt, promptName }) =>
    call === "encode" && tokens < 40 && !prompt && !promptName,
);
const texts = cases.map(({ text }) => expandText(golden.texts[text]!));

/** Other releases than the one that runs the tests; npm has their binaries for one platform. */
const otherVersions =
  process.platform === "linux" && process.arch === "x64" ? ["22.23.3", "24.21.0", "26.10.0"] : [];

/** Stands Transformers.js 4 in for the release that the workspace has. */
const withTransformers4 = [
  "--import",
  `data:text/javascript,${encodeURIComponent(`
    import { register } from "node:module";
    register("data:text/javascript," + encodeURIComponent(\`
      export const resolve = (name, context, next) =>
        next(name === "@huggingface/transformers" ? "transformers-v4" : name, context);
    \`));
  `)}`,
];

/** All are fetched at once, while the tests of the first run. */
const binaries = new Map([
  [process.versions.node, Promise.resolve(process.execPath)],
  ...otherVersions.map((version) => [version, nodeBinary(version)] as const),
]);
// Whoever waits for one hears of its failure.
for (const binary of binaries.values()) binary.catch(() => {});

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "node-versions-"));
});

afterAll(() => rm(folder, { recursive: true }));

describe.each([...binaries])("Node %s", (version, binary) => {
  let node: string;

  beforeAll(async () => {
    node = await binary;
  }, 300_000);

  test.for([
    ["as ES modules", "consumer.mjs", "3", []],
    ["as CommonJS", "consumer.cjs", "3", []],
    ["as ES modules, on Transformers.js 4", "consumer.mjs", "4", withTransformers4],
  ] as const)(
    "loads the packages %s, and embeds and searches as ever",
    { timeout: 60_000 },
    async ([, file, major, options]) => {
      const consumer = fileURLToPath(new URL(`node-versions/${file}`, import.meta.url));
      // A worker finds the release that the workspace has, and no other.
      const cache = major === "3" ? { WORKER: await mkdtemp(join(folder, "cache-")) } : {};
      const { stdout } = await run(node, [...options, consumer], {
        env: { ...process.env, ...inputs, ...cache },
        maxBuffer: 2 ** 26,
      });
      const result = JSON.parse(stdout) as Result;
      expect(result).toMatchObject({ node: version, engine: "faiss" });
      expect(result.transformers.split(".")[0]).toBe(major);
      cases.forEach(({ vector }, index) => {
        const expected = decodeVector(vector);
        const actual = result.vectors[index]!;
        expect(actual).toHaveLength(expected.length);
        expect(
          Math.max(...expected.map((value, at) => Math.abs(value - actual[at]!))),
        ).toBeLessThan(1e-5);
      });
      if (major === "3") expect(result.inWorker).toEqual(result.vectors);
      expect(result.found.map(({ text }) => text)).toEqual(texts);
      for (const { score } of result.found) expect(score).toBeCloseTo(1, 4);
    },
  );
});

const inputs = {
  MODEL: fileURLToPath(new URL("../fixtures/embeddinggemma", import.meta.url)),
  TEXTS: JSON.stringify(texts),
};

interface Result {
  node: string;
  transformers: string;
  engine: string;
  vectors: number[][];
  inWorker: number[][] | null;
  found: { text: string; score: number }[];
}
