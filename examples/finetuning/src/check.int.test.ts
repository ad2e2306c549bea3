import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";

const check = fileURLToPath(new URL("check.mjs", import.meta.url));
const repository = new URL("../../../", import.meta.url);
const data = fileURLToPath(new URL("examples/tuning/data", repository));
const exported = fileURLToPath(new URL("test/fixtures/embeddinggemma", repository));

interface GoldenCase {
  text: string;
  title?: string;
  call: string;
  vector: string;
}

interface Sample {
  text: string;
  title?: string | undefined;
  vector: number[];
}

let folder: string;
let samples: Record<"queries" | "documents", Sample[]>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "finetuning-"));
  await symlink(exported, join(folder, "onnx"), "junction");
  const golden = await readFile(new URL("test/golden/embeddinggemma.json", repository), "utf8");
  const { texts, cases } = JSON.parse(golden) as {
    texts: Record<string, unknown>;
    cases: GoldenCase[];
  };
  const ofCall = (wanted: string) =>
    cases.flatMap(({ text: name, title, call, vector }) => {
      const text = texts[name];
      // A long text is { repeat, times } there.
      if (call !== wanted || typeof text !== "string") return [];
      return [{ title, text, vector: numbers(vector) }];
    });
  samples = { queries: ofCall("encodeQuery"), documents: ofCall("encodeDocument") };
});

afterEach(() => rm(folder, { recursive: true, force: true }));

it("accepts an export that has Python's vectors, and evaluates it", async () => {
  expect(samples.queries.length).toBeGreaterThan(1);
  expect(samples.documents.length).toBeGreaterThan(1);
  const { stdout } = await run(data);
  expect(stdout).toMatch(/^fp32 +1\.000000 +\d\.\de-\d +0\.\d{4}$/m);
});

it("fails if the vectors are others", async () => {
  samples.documents[0]!.vector.reverse();
  await expect(run()).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining("The vectors of fp32 are not those of Python."),
  });
});

async function run(...more: string[]): Promise<{ stdout: string }> {
  await writeFile(join(folder, "vectors.json"), JSON.stringify(samples));
  const env = { ...process.env, NODE_OPTIONS: "" };
  return promisify(execFile)(process.execPath, [check, folder, ...more], { env });
}

/** Float32 numbers from Base64. */
function numbers(base64: string): number[] {
  return [...new Float32Array(Uint8Array.from(Buffer.from(base64, "base64")).buffer)];
}
