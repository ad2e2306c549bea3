import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const main = fileURLToPath(new URL("main.mjs", import.meta.url));

it("finds the same in both frameworks' Postgres stores, with cosines and a filter", async () => {
  const env = { ...process.env, NODE_OPTIONS: "" };
  const { stdout } = await promisify(execFile)(process.execPath, [main], { env });
  const [, langchain, llamaindex] = stdout.split(
    /\n {2}(?:LangChain\.js|LlamaIndex\.TS), PGVectorStore\n/,
  );
  expect(langchain).toMatch(/^ {2}0\.\d{4} {2}Mars, known for its reddish/);
  expect(langchain).toMatch(/with rings:\n {2}0\.\d{4} {2}(?:Jupiter|Saturn)/);
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  expect(stdout).toContain(readme.match(/```text\n(.*?)```/s)![1]);
  const texts = (output = "") => output.match(/[A-Z][a-z]+[, ][^\n]+/g);
  expect(texts(llamaindex)).toEqual(texts(langchain));
}, 180_000);

it("takes the model that the environment names", async () => {
  const env = { ...process.env, NODE_OPTIONS: "", EMBEDDINGGEMMA_MODEL: "./no/such/model" };
  await expect(promisify(execFile)(process.execPath, [main], { env })).rejects.toThrow(
    "no/such/model",
  );
}, 60_000);
