import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { setUpHub } from "../../../test-support/hub-setup.ts";
import type { LoadOptions } from "../../options.ts";

const setup = setUpHub();
const { load, loadAndEncode } = setup;

describe("the token", () => {
  test("is sent to the Hub only, never to redirect targets", async () => {
    await loadAndEncode({ token: "hf_secret" });
    const tokens = (storage: boolean) =>
      new Set(
        setup.hub.requests
          .filter((request) => request.storage === storage)
          .map(({ authorization }) => authorization),
      );
    expect(tokens(false)).toEqual(new Set(["Bearer hf_secret"]));
    expect(tokens(true)).toEqual(new Set([undefined]));
  });

  test.for([
    { token: undefined, advice: "set HF_TOKEN, or log in" },
    { token: "hf_wrong", advice: "The token is wrong" },
  ])("$token: the error of a 401 says what to do", async ({ token, advice }) => {
    setup.hub.misbehave = (_request, response) => Boolean(response.writeHead(401).end());
    await expect(load(token ? { token } : {})).rejects.toMatchObject({
      code: "DOWNLOAD_FAILED",
      details: { status: 401 },
      message: expect.stringContaining(advice),
    });
    expect(setup.hub.requests).toHaveLength(1);
  });
});

test.for(["hf_a b", "hf_ä", "hf_a\nb"])("%j is refused without a request", async (token) => {
  await expect(load({ token })).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: expect.stringContaining("`token`"),
  });
  expect(setup.hub.requests).toEqual([]);
});

test("a line break after a token is removed", async () => {
  await loadAndEncode({ token: "hf_secret\n" });
  expect(setup.hub.requests[0]!.authorization).toBe("Bearer hf_secret");
});

describe("the token saved by hf auth login", () => {
  const tokenOf = async (options: LoadOptions = {}) => {
    await load(options).then((embedder) => embedder.dispose());
    return setup.hub.requests[0]!.authorization;
  };

  beforeEach(async () => {
    await mkdir(join(setup.cacheDir, "home"));
    await writeFile(join(setup.cacheDir, "home", "token"), "hf_saved\n");
    await writeFile(join(setup.cacheDir, "elsewhere"), "hf_elsewhere");
  });

  test("is used", async () => {
    expect(await tokenOf()).toBe("Bearer hf_saved");
  });

  test("is read from HF_TOKEN_PATH", async () => {
    vi.stubEnv("HF_TOKEN_PATH", join(setup.cacheDir, "elsewhere"));
    expect(await tokenOf()).toBe("Bearer hf_elsewhere");
  });

  test("is overridden by HF_TOKEN, which is overridden by the option", async () => {
    vi.stubEnv("HF_TOKEN", "hf_environment");
    expect(await tokenOf()).toBe("Bearer hf_environment");
    setup.hub.requests.length = 0;
    expect(await tokenOf({ token: "hf_option" })).toBe("Bearer hf_option");
  });

  test("is not used if HF_HUB_DISABLE_IMPLICIT_TOKEN is set", async () => {
    vi.stubEnv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1");
    expect(await tokenOf()).toBeUndefined();
  });
});
