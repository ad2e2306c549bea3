import { expect, test } from "vitest";
import { modelFiles } from "./json-file.ts";

const errorOf = (text: string) => modelFiles("owner/model", async () => text).readObject("a.json");

test("a web page in place of a file is called so", async () => {
  await expect(errorOf("<!doctype html><title>Log in</title>")).rejects.toMatchObject({
    code: "MODEL_FILE_INVALID",
    message: expect.stringMatching(/^a\.json of "owner\/model" is a web page, .* log in first\. /),
  });
});

test("a file that is cut off is not", async () => {
  await expect(errorOf('{"a":')).rejects.toMatchObject({
    message: expect.stringMatching(/^a\.json of "owner\/model" is not valid JSON \(/),
  });
});
