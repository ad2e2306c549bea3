import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";

/** Reads a file of text, which may be gzipped. */
export async function readText(path) {
  const bytes = await readFile(path);
  return (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString("utf8");
}
