import { expect, test } from "vitest";
import type { DerivedBytesMethods } from "../model-folder.ts";
import { deriveInCache } from "./derive-in-cache.ts";
import type { WebCache } from "./web-cache.ts";

const source = "https://example.org/model%20a/onnx/model.onnx";

class TestCache implements WebCache {
  readonly files = new Map<string, string>([[source, "weights"]]);
  readonly #headers = new Map<string, Headers>();

  async match(url: string) {
    const text = this.files.get(url);
    const headers = this.#headers.get(url);
    return text === undefined ? undefined : new Response(text, headers && { headers });
  }
  async put(url: string, response: Response) {
    this.files.set(url, await response.text());
    this.#headers.set(url, response.headers);
  }
  async delete(url: string) {
    return this.files.delete(url);
  }
  async keys() {
    return [...this.files.keys()].map((url) => ({ url }));
  }
}

/** Derives a text, which is intact if it ends with a period. */
async function derive(cache: WebCache, text: string, methods: Partial<DerivedBytesMethods> = {}) {
  const { bytes, url } = await deriveInCache(cache, source, {
    name: "table",
    version: 1,
    make: async () => new TextEncoder().encode(text),
    isIntact: (bytes) => new TextDecoder().decode(bytes).endsWith("."),
    ...methods,
  });
  return { text: new TextDecoder().decode(bytes), url };
}

/** The first 32 digits of `printf weights | sha256sum` */
const digest = "9a129038d9a00aed0cf6a7ea059ca50a";

test("is made once, and kept beside its source", async () => {
  const cache = new TestCache();
  const url = `https://example.org/model%20a/onnx/table.${digest}.v1.bin`;
  expect(await derive(cache, "first.")).toEqual({ text: "first.", url });
  expect(await derive(cache, "second.")).toEqual({ text: "first.", url });
  expect([...cache.files]).toEqual([
    [source, "weights"],
    [url, "first."],
  ]);
});

test("is made again if it is damaged", async () => {
  const cache = new TestCache();
  const { url } = await derive(cache, "first.");
  cache.files.set(url!, "fir.");
  expect(await derive(cache, "second")).toEqual({ text: "second", url });
  expect(cache.files.get(url!)).toBe("second");
  expect(await derive(cache, "third.")).toEqual({ text: "third.", url });
});

test("that of another content or version is made anew, and the old one deleted", async () => {
  const cache = new TestCache();
  const methods = { name: "model", extension: ".onnx" };
  const others = ["model.onnx_data", "model.v1.onnx", `model_q4.${digest}.v1.onnx`].map(
    (name) => `https://example.org/model%20a/onnx/${name}`,
  );
  for (const other of others) cache.files.set(other, "other");
  await derive(cache, "first.", methods);
  cache.files.set(source, "other weights");
  await derive(cache, "second.", methods);
  const { text, url } = await derive(cache, "third.", { ...methods, version: 2 });
  expect(text).toBe("third.");
  expect([...cache.files.keys()].sort()).toEqual([source, ...others, url].sort());
});

test("is not kept if the cache cannot be written, or lacks the source", async () => {
  const full = new TestCache();
  full.put = async () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  expect(await derive(full, "first.")).toEqual({ text: "first.", url: null });
  const empty = new TestCache();
  empty.files.clear();
  expect(await derive(empty, "first.")).toEqual({ text: "first.", url: null });
  expect(empty.files.size).toBe(0);
});

test("an error of its maker is thrown", async () => {
  const cache = new TestCache();
  const make = () => Promise.reject(new TypeError("cannot be made"));
  await expect(derive(cache, "", { make })).rejects.toThrow("cannot be made");
  expect(cache.files.size).toBe(1);
});
