import { expect, test } from "vitest";
import { shownUrl } from "./shown-url.ts";

test.each([
  ["http://localhost:8080/v1/embed", "http://localhost:8080/v1/embed"],
  ["https://gateway/v1?api-key=secret", "https://gateway/v1"],
  ["http://me:secret@host/v1", "http://host/v1"],
  ["http://me:secret@host:99999", "http://host:99999"],
  ["ftp://me:sec@ret@host", "ftp://host"],
  ["me:secret@host:8080", "host:8080"],
  ["http:me:secret@host", "http:host"],
  ["http://host/a@b", "http://host/a@b"],
])("%s is shown as %s", (url, shown) => {
  expect(shownUrl(url)).toBe(shown);
});
