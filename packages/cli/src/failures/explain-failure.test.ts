import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EmbeddingGemmaError } from "@embeddinggemma/core";
import { expect, it } from "vitest";
import { CommandError } from "./command-error.ts";
import { explainFailure, phrases } from "./explain-failure.ts";

const messageOf = (error: unknown) => explainFailure(error).message;

it("names flags instead of options", () => {
  const message =
    "Set the option `truncateDim` to 256, or set HF_TOKEN or the option `token`, or change `k`.";
  expect(messageOf(new EmbeddingGemmaError("INVALID_ARGUMENT", message))).toBe(
    "Set --truncate-dim to 256, or set HF_TOKEN, or change `k`.",
  );
});

it("leaves its own messages as they are, and gives the stack of a mistake", () => {
  expect(messageOf(new CommandError("Change the `model`."))).toBe("Change the `model`.");
  expect(messageOf(new TypeError("no function"))).toMatch(/^TypeError: no function\n +at /);
  const full = Object.assign(new Error("ENOSPC: no space left"), { syscall: "write" });
  expect(messageOf(full)).toBe("ENOSPC: no space left");
  expect(messageOf("words")).toBe("words");
});

const sources = ["core", "tune"]
  .map((name) => join(import.meta.dirname, `../../../${name}/src`))
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => /(?<!\.test)\.ts$/.test(file))
      .map((file) => readFileSync(join(folder, file), "utf8")),
  )
  .join("\n");
/** Long messages are parts, with a plus between them. */
const messages = sources.replaceAll(/["`] \+\s+["`]/g, "").replaceAll("\\`", "`");

it.each(phrases)("the packages still say %j", (phrase) => {
  expect(messages).toContain(phrase);
});
