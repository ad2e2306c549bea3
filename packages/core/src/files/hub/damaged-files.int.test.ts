import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { moveWeightsOut } from "../../../test-support/external-data.ts";
import { setUpHub, weights } from "../../../test-support/hub-setup.ts";

const setup = setUpHub();
const { cached, load, loadAndEncode } = setup;

describe("a damaged file in the cache", () => {
  test("is downloaded again, once", async () => {
    const expected = await loadAndEncode();
    const content = await readFile(cached(weights));
    await writeFile(cached(weights), content.subarray(0, content.length / 2));
    setup.hub.requests.length = 0;
    expect(await loadAndEncode()).toEqual(expected);
    expect(setup.hub.countOf("GET", weights)).toBe(1);
  });

  test.for(["config.json", "modules.json", "1_Pooling/config.json", "tokenizer.json"])(
    "is downloaded again, once: %s",
    async (file) => {
      const expected = await loadAndEncode();
      await writeFile(cached(file), '{"half":');
      setup.hub.requests.length = 0;
      expect(await loadAndEncode()).toEqual(expected);
      expect(setup.hub.countOf("GET", file)).toBe(1);
    },
  );

  test.for(["model.onnx_data", "model.onnx.data", "shards/first 50%.bin"])(
    "is downloaded again: a data file with weights, %s",
    async (location) => {
      const expected = await loadAndEncode();
      await setup.serveChanged((folder) => moveWeightsOut(join(folder, weights), [location]));
      const file = `onnx/${location}`;
      const otherCache = { cacheDir: join(setup.cacheDir, "other") };
      expect(await loadAndEncode(otherCache)).toEqual(expected);
      expect(setup.hub.countOf("GET", file)).toBe(1);
      const data = cached(file).replace(setup.cacheDir, otherCache.cacheDir);
      const content = await readFile(data);
      await writeFile(data, content.subarray(0, content.length / 2));
      setup.hub.requests.length = 0;
      expect(await loadAndEncode(otherCache)).toEqual(expected);
      expect(setup.hub.countOf("GET", file)).toBe(1);
      expect(setup.hub.countOf("GET", weights)).toBe(0);
    },
  );

  test("is not suspected if the load fails for another reason", async () => {
    await loadAndEncode();
    setup.hub.requests.length = 0;
    await expect(load({ device: "quantum" })).rejects.toMatchObject({ code: "LOAD_FAILED" });
    expect(setup.hub.countOf("GET", weights)).toBe(0);
  });

  test("is checked with one request if the Hub is down, and the first error is kept", async () => {
    await loadAndEncode({ revision: setup.hub.commit });
    setup.hub.requests.length = 0;
    setup.hub.misbehave = (_request, response) => Boolean(response.writeHead(503).end());
    const loading = load({ revision: setup.hub.commit, device: "quantum" });
    await expect(loading).rejects.toMatchObject({
      code: "LOAD_FAILED",
      message: expect.stringContaining("quantum"),
    });
    expect(setup.hub.requests.map(({ method }) => method)).toEqual(["HEAD"]);
  });

  test("stays until its replacement is complete; a length alone is trusted", async () => {
    await loadAndEncode({ revision: setup.hub.commit });
    const content = await readFile(cached(weights));
    setup.hub.misbehave = ({ method, file }, response) => {
      if (file !== weights) return false;
      response.writeHead(method === "HEAD" ? 200 : 403, { "content-length": content.length }).end();
      return true;
    };
    const { length } = setup.hub.requests;
    await expect(load({ revision: setup.hub.commit, device: "quantum" })).rejects.toMatchObject({
      code: "LOAD_FAILED",
    });
    expect(setup.hub.requests.slice(length).map(({ method }) => method)).toEqual(["HEAD"]);
    await writeFile(cached(weights), content.subarray(1));
    await expect(load({ revision: setup.hub.commit })).rejects.toMatchObject({
      code: "LOAD_FAILED",
    });
    expect(setup.hub.requests.at(-1)).toMatchObject({ method: "GET", file: weights });
    expect((await readFile(cached(weights))).equals(content.subarray(1))).toBe(true);
  });

  test("that cannot be downloaded again is an error that names it", async () => {
    await loadAndEncode();
    await writeFile(cached(weights), "not a model");
    await expect(load({ localFilesOnly: true })).rejects.toMatchObject({
      code: "MODEL_FILE_INVALID",
      message: expect.stringContaining(setup.hub.commit),
    });
  });
});
