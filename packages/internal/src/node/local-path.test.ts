import { homedir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, it } from "vitest";
import { localPath, pathRule } from "./local-path.ts";

const home = process.env.HOME;
afterEach(() => {
  if (home === undefined) delete process.env.HOME;
  else process.env.HOME = home;
});

describe("localPath", () => {
  it.each<[given: string | URL, path: string]>([
    ["planets", resolve("planets")],
    ["./a/../planets/", resolve("planets")],
    ["/data/planets", "/data/planets"],
    ["~", homedir()],
    ["~/planets", join(homedir(), "planets")],
    ["~/", homedir()],
    ["~no-such-user/planets", resolve("~no-such-user/planets")],
    [`~${userInfo().username}/planets`, join(userInfo().homedir, "planets")],
    ["a/~/planets", resolve("a/~/planets")],
    ["c:planets", resolve("c:planets")],
    ["notes:2024/planets", resolve("notes:2024/planets")],
    ["file:///data/planets", "/data/planets"],
    ["FILE:///data/planets", "/data/planets"],
    ["file:/data/planets", "/data/planets"],
    ["file://localhost/data/planets", "/data/planets"],
    ["file:///data/red%20planets/%E7%81%AB%E6%98%9F", "/data/red planets/火星"],
    ["file:///data/.hidden", "/data/.hidden"],
    ["file:///.hidden", "/.hidden"],
    [pathToFileURL("/data/c#/100%/a?b"), "/data/c#/100%/a?b"],
    [pathToFileURL("/data/c#/100%/a?b").href, "/data/c#/100%/a?b"],
    [new URL("./planets", "file:///app/main.js"), "/app/planets"],
    [runInNewContext("make()", { make: () => new URL("file:///data") }) as URL, "/data"],
  ])("gives %s its path", (given, path) => {
    expect(localPath(given)).toEqual({ path });
    expect(pathRule.accepts(given)).toBe(true);
  });

  it.each<[given: unknown, advice: string]>([
    [undefined, ""],
    ["", ""],
    [5, ""],
    [{}, ""],
    [Buffer.from("planets"), ""],
    ["a\0b", "NUL"],
    ["file:///a%00b", "NUL"],
    ["file:planets", "relative"],
    ["file:", "relative"],
    ["file:./planets", "relative"],
    ["file:../planets", "relative"],
    ["file:~/planets", "relative"],
    ["file:///~/planets", "relative"],
    ["file:///./planets", "relative"],
    ["file://../planets", "relative"],
    ["file://planets/mars", "host"],
    ["file:///data/a%2Fb", "encoded / characters"],
    ["file:///data/%zz", "file:///data/planets"],
    ["file:///data/c#/planets", "%23"],
    [new URL("file:///data/planets?version=2"), "%3F"],
    ["https://example.com/planets", "download it first"],
    [new URL("https://example.com/planets"), "download it first"],
    ["s3://bucket/planets", "download it first"],
    [new URL("data:,planets"), "download it first"],
  ])("says what is wrong with %s", (given, advice) => {
    expect(localPath(given)).toEqual({ fault: expect.stringContaining(advice) });
    expect(pathRule.accepts(given)).toBe(false);
    expect(pathRule.hint?.(given)).toContain(advice);
  });

  it("asks for the home folder only if the path has ~", () => {
    process.env.HOME = "";
    expect(localPath("planets")).toEqual({ path: resolve("planets") });
    expect(localPath("~/planets")).toEqual({ fault: expect.stringContaining("Set HOME") });
    process.env.HOME = "/home/of/another";
    expect(localPath("~/planets")).toEqual({ path: "/home/of/another/planets" });
  });
});
