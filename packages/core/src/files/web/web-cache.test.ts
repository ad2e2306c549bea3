import { expect, test, vi } from "vitest";
import { OverflowCache } from "./web-cache.ts";

const full = new DOMException("No room.", "QuotaExceededError");

/** Cache Storage that stores up to `room` bytes of each file. */
function storageOf(room: number | (() => number), failure: unknown = full): Cache {
  const files = new Map<string, Response>();
  return {
    match: async (url: string) => files.get(url)?.clone(),
    put: async (url: string, response: Response) => {
      const body = await response.blob();
      if (body.size > (typeof room === "number" ? room : room())) throw failure;
      files.set(url, new Response(body, { headers: response.headers }));
    },
    delete: async (url: string) => files.delete(url),
    keys: async () => [...files.keys()].map((url) => ({ url })),
  } as unknown as Cache;
}

const headers = { etag: '"1"' };
const textOf = async (cache: OverflowCache, url: string) => (await cache.match(url))?.text();

test("a file that the storage refuses stays in memory until it is deleted", async () => {
  const onOverflow = vi.fn<(cache: OverflowCache) => void>();
  const cache = new OverflowCache(storageOf(4), onOverflow);
  await cache.put("a:/small", new Response("1234", { headers }));
  expect(onOverflow).not.toHaveBeenCalled();
  const large = () => cache.put("a:/large", new Response("12345", { headers }));
  await expect(large()).rejects.toBe(full);
  expect(onOverflow).not.toHaveBeenCalled();
  await large();
  expect(onOverflow).toHaveBeenCalledExactlyOnceWith(cache);
  for (const _ of [1, 2]) expect(await textOf(cache, "a:/large")).toBe("12345");
  expect((await cache.match("a:/large"))!.headers.get("etag")).toBe('"1"');
  expect((await cache.keys()).map(({ url }) => url)).toEqual(["a:/small", "a:/large"]);
  for (const url of ["a:/small", "a:/large"]) {
    expect(await cache.delete(url)).toBe(true);
    expect(await cache.delete(url)).toBe(false);
    expect(await cache.match(url)).toBeUndefined();
  }
});

test.for([
  ["UnknownError", 1],
  ["QuotaExceededError", 2],
] as const)(
  "after %s, the next page tries the storage again or not: %i times",
  async ([name, tries]) => {
    vi.resetModules();
    const storage = storageOf(4, new DOMException("No room.", name));
    const put = vi.spyOn(storage, "put");
    const url = `f:/${name}`;
    for (let page = 0; page < 2; page++) {
      vi.resetModules();
      const { OverflowCache } = await import("./web-cache.ts");
      const cache = new OverflowCache(storage, () => {});
      const store = () => cache.put(url, new Response("12345"));
      await store().catch(store);
      expect(await textOf(cache, url)).toBe("12345");
    }
    expect(put.mock.calls.filter(([key]) => key === url)).toHaveLength(tries);
  },
);

test("after an hour, a storage that has refused a file is tried again", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const room = { bytes: 4 };
  const storage = storageOf(() => room.bytes, new DOMException("A hiccup.", "UnknownError"));
  const visit = async () => {
    vi.resetModules();
    const { OverflowCache } = await import("./web-cache.ts");
    const cache = new OverflowCache(storage, () => {});
    const store = () => cache.put("g:/file", new Response("12345"));
    await store().catch(store);
    return (await storage.match("g:/file")) !== undefined;
  };
  try {
    expect(await visit()).toBe(false);
    room.bytes = 5;
    expect(await visit()).toBe(false);
    vi.setSystemTime(Date.now() + 3_600_000);
    expect(await visit()).toBe(true);
  } finally {
    vi.useRealTimers();
  }
});

test("all caches of a page see the files in memory", async () => {
  const [first, second] = [storageOf(0), storageOf(0)].map((s) => new OverflowCache(s, () => {}));
  await expect(first!.put("c:/file", new Response("1"))).rejects.toBe(full);
  await second!.put("c:/file", new Response("1"));
  expect(await textOf(first!, "c:/file")).toBe("1");
});

test("a file that cannot be stored or read for another reason is not kept", async () => {
  const broken = new Error("The connection broke.");
  const body = new ReadableStream({ pull: (controller) => controller.error(broken) });
  const cache = new OverflowCache(storageOf(4), () => {});
  await expect(cache.put("d:/file", new Response(body))).rejects.toBe(broken);
  const closed = new OverflowCache(storageOf(0, broken), () => {});
  for (const _ of [1, 2])
    await expect(closed.put("d:/file", new Response("1"))).rejects.toBe(broken);
  expect(await cache.match("d:/file")).toBeUndefined();
});

test("without a storage, all stays in memory", async () => {
  const onOverflow = vi.fn<(cache: OverflowCache) => void>();
  const cache = new OverflowCache(null, onOverflow);
  expect(await cache.match("e:/file")).toBeUndefined();
  await cache.put("e:/file", new Response("1", { headers }));
  expect(onOverflow).toHaveBeenCalledWith(cache);
  expect(await textOf(cache, "e:/file")).toBe("1");
  expect(await cache.keys()).toContainEqual({ url: "e:/file" });
  expect([await cache.delete("e:/file"), await cache.delete("e:/file")]).toEqual([true, false]);
});
