import { expect, it } from "vitest";
import { createApp } from "../app.ts";
import { tinyEmbedder } from "../testing/tiny.ts";

const page = "http://localhost:5173";

/** The origin that an answer to a page allows. */
async function allowed(corsAllowOrigin: string | string[] | undefined, origin = page) {
  const app = createApp(await tinyEmbedder(), { corsAllowOrigin });
  const answer = await app.request("/info", { headers: { origin } });
  return answer.headers.get("access-control-allow-origin");
}

it.each([
  [page, page],
  ["http://localhost:5173/", page],
  ["HTTP://LocalHost:5173", page],
  [["https://a.example", page], page],
  ["*", "*"],
  [["https://a.example", "*"], "*"],
  ["https://a.example", null],
  [undefined, null],
])("of %j allows %j", async (origins, expected) => {
  expect(await allowed(origins)).toBe(expected);
});

it.each([
  ["https://a.example:443", "https://a.example"],
  ["chrome-extension://abcdef", "chrome-extension://abcdef"],
  ["null", "null"],
])("%s is the origin %s of a page", async (given, sent) => {
  expect(await allowed(given, sent)).toBe(sent);
});

it.each([
  "localhost:5173",
  "a.example",
  "https://*.a.example",
  "https://a.example/page",
  "http://a.example, http://b.example",
  "",
])("%j is refused", async (origin) => {
  await expect(allowed([page, origin])).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: expect.stringContaining('an origin, such as "https://example.com"'),
  });
});
