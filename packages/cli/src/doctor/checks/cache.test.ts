import { cp, mkdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { modelPath } from "@embeddinggemma/tiny-model";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import type { Surroundings } from "../finding.ts";
import { checkCache } from "./cache.ts";

const cacheDir = await temporaryFolder();
const onnx = join(cacheDir, "models--owner--name/snapshots/0123abcd/onnx");
const graph = join(onnx, "model_quantized.onnx");
await mkdir(onnx, { recursive: true });

const check = () => checkCache({ flags: { cacheDir }, hasModel: true } as Surroundings);

it("finds an ONNX file that is cut off", async () => {
  await cp(join(modelPath, "onnx/model_quantized.onnx"), graph);
  expect(await check()).toMatchObject({ status: "fine" });
  await truncate(graph, 1_000_000);
  expect(await check()).toMatchObject({
    status: "warning",
    summary: expect.stringMatching(
      /; snapshots\S+model_quantized\.onnx is cut off: it has 1\.0 MB of [\d.]+ MB$/,
    ),
    advice: "Run `embeddinggemma models remove owner/name`, and load it again.",
  });
});

it("finds an ONNX file that is empty, or all zeros", async () => {
  await writeFile(graph, "");
  expect(await check()).toMatchObject({
    status: "warning",
    summary: expect.stringMatching(/model_quantized\.onnx is damaged or cut off: it has 0 B$/),
  });
  await truncate(graph, 1_000_000);
  expect(await check()).toMatchObject({
    status: "warning",
    summary: expect.stringMatching(/model_quantized\.onnx is damaged or cut off: it has 1\.0 MB$/),
  });
});

it("finds weights that are cut off", async () => {
  const entries = { location: "model_quantized.onnx_data", offset: "4096", length: "1000000" };
  const tensor = Object.entries(entries).map(([key, value]) =>
    field(13, field(1, Buffer.from(key)), field(2, Buffer.from(value))),
  );
  const irVersion = Buffer.from([8, 10]);
  await writeFile(graph, Buffer.concat([irVersion, field(7, field(5, ...tensor))]));
  expect(await check()).toMatchObject({ status: "fine" });
  const data = join(onnx, "model_quantized.onnx_data");
  await writeFile(data, Buffer.alloc(1_004_096));
  expect(await check()).toMatchObject({ status: "fine" });
  await truncate(data, 1_004_095);
  expect(await check()).toMatchObject({
    summary: expect.stringMatching(
      /model_quantized\.onnx_data is cut off: it has 1\.0 MB of 1\.0 MB$/,
    ),
  });
});

/** A field of Protocol Buffers. */
function field(number: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = [number * 8 + 2, ...(length < 128 ? [length] : [(length % 128) + 128, length >> 7])];
  return Buffer.concat([Buffer.from(head), content]);
}
