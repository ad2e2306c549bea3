import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { digestBlob } from "../digest.ts";
import { digestFile } from "./file-digest.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "file-digest-"));
});

afterAll(() => rm(folder, { recursive: true }));

async function digestOf(contents: Uint8Array): Promise<string> {
  const path = join(folder, "file");
  await writeFile(path, contents);
  return digestFile(path);
}

test("a small file is hashed as a whole", async () => {
  const contents = Buffer.from("tokenizer");
  expect(await digestOf(contents)).toBe(createHash("sha256").update("9:tokenizer").digest("hex"));
  expect(await digestOf(Buffer.from(""))).toBe(createHash("sha256").update("0:").digest("hex"));
});

test.for([0, 9, 4 * 2 ** 20, 4 * 2 ** 20 + 1, 5_000_001])(
  "a file of %d bytes has the same digest in a browser",
  async (size) => {
    const contents = Buffer.from(
      Uint32Array.from({ length: size / 4 + 1 }, (_, index) => index * 2654435761).buffer,
    ).subarray(0, size);
    expect(await digestBlob(new Blob([contents]))).toBe(await digestOf(contents));
  },
);

test("of a large file, its size and samples from the first byte to the last count", async () => {
  const size = 20 * 2 ** 20;
  const contents = Buffer.alloc(size, 7);
  const digest = await digestOf(contents);
  expect(await digestOf(contents)).toBe(digest);
  for (const position of [0, size - 1]) {
    const changed = Buffer.from(contents);
    changed[position] = 8;
    expect(await digestOf(changed)).not.toBe(digest);
  }
  expect(await digestOf(contents.subarray(1))).not.toBe(digest);
  // A change of the size of EmbeddingGemma 300m's smallest weight matrix (768 × 256 numbers of 8
  // bits) is noticed anywhere in the file.
  for (const start of [1, 123_457, size - 200_000]) {
    const changed = Buffer.from(contents);
    changed.fill(8, start, start + 768 * 256);
    expect(await digestOf(changed)).not.toBe(digest);
  }
});
