import { readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { accessToken, assetsFolder, cacheFolder, isOffline, tokenFile } from "./hub-environment.ts";

interface Row {
  environment: Record<string, string>;
  cache: string;
  token: string;
  offline: boolean;
}

const golden = new URL("../../../../../test/golden/hub-folders.json", import.meta.url);
const rows: Row[] = JSON.parse(await readFile(golden, "utf8"));

beforeEach(() => {
  for (const name of Object.keys(process.env)) {
    if (/^(HF_|HUGGING|XDG_|TRANSFORMERS_OFFLINE)/.test(name)) vi.stubEnv(name, undefined);
  }
});

afterEach(() => vi.unstubAllEnvs());

// The table is made on POSIX: on Windows, Python has other home folders and separators.
describe.skipIf(process.platform === "win32")("as in Python's huggingface_hub", () => {
  test.for(rows)("$environment", ({ environment, cache, token, offline }) => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    expect([cacheFolder({}), tokenFile(), isOffline({})]).toEqual([cache, token, offline]);
  });

  test("~user is the home folder of that user", () => {
    const { username, homedir } = userInfo();
    vi.stubEnv("HOME", "/elsewhere");
    expect(cacheFolder({ cacheDir: `~${username}/hub` })).toBe(`${homedir}/hub`);
  });
});

test("an option comes before every variable, and its ~ is the home folder", () => {
  vi.stubEnv("HOME", "/home/me");
  vi.stubEnv("HF_HUB_CACHE", "/other");
  vi.stubEnv("HF_HUB_OFFLINE", "1");
  expect(cacheFolder({ cacheDir: "~/$HOME" })).toBe("/home/me/$HOME");
  expect(isOffline({ localFilesOnly: false })).toBe(false);
});

test("the older variable for the token is read too", async () => {
  vi.stubEnv("HUGGING_FACE_HUB_TOKEN", "hf_old");
  expect(await accessToken({})).toBe("hf_old");
  vi.stubEnv("HF_TOKEN", "hf_new");
  expect(await accessToken({})).toBe("hf_new");
});

test("files computed from local folders are where huggingface_hub keeps those of libraries", () => {
  vi.stubEnv("HOME", "/home/me");
  expect(assetsFolder()).toBe("/home/me/.cache/huggingface/assets/embeddinggemma");
  vi.stubEnv("HF_HOME", "~/hf");
  expect(assetsFolder()).toBe("/home/me/hf/assets/embeddinggemma");
  vi.stubEnv("HF_ASSETS_CACHE", "$HOME/assets");
  expect(assetsFolder()).toBe("/home/me/assets/embeddinggemma");
});
