import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { modelPath } from "@embeddinggemma/tiny-model";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checkPromptName } from "./check-prompt-name.ts";

const settings = "config_sentence_transformers.json";
let cacheDir = "";

beforeAll(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), "check-prompt-name-"));
  const model = join(cacheDir, "models--owner--name");
  const commit = "0123456789abcdef0123456789abcdef01234567";
  await mkdir(join(model, "refs"), { recursive: true });
  await writeFile(join(model, "refs/main"), commit);
  await mkdir(join(model, "snapshots", commit), { recursive: true });
  await cp(join(modelPath, settings), join(model, "snapshots", commit, settings));
});

afterAll(() => rm(cacheDir, { recursive: true }));

const check = (model: string, defaultPromptName?: string) =>
  checkPromptName({ model, load: { cacheDir }, serve: { defaultPromptName } });

it.each([{ model: modelPath }, { model: "owner/name" }])(
  "knows the prompts of $model before it loads",
  async ({ model }) => {
    await check(model, "STS");
    await check(model, "query");
    await check(model);
    await expect(check(model, "qery")).rejects.toMatchObject({
      code: "UNKNOWN_PROMPT",
      message: expect.stringMatching(/no prompt named "qery"\..* Did you mean "query"\?$/),
    });
  },
);

it("looks into a local folder before the cache, as the load does", async () => {
  const formerFolder = process.cwd();
  const folder = await mkdtemp(join(tmpdir(), "check-prompt-name-"));
  process.chdir(folder);
  try {
    await mkdir("owner/name", { recursive: true });
    await check("owner/name", "qery");
    await writeFile(join("owner/name", settings), JSON.stringify({ prompts: { mine: "my: " } }));
    await check("owner/name", "mine");
    await expect(check("owner/name", "STS")).rejects.toMatchObject({ code: "UNKNOWN_PROMPT" });
  } finally {
    process.chdir(formerFolder);
    await rm(folder, { recursive: true });
  }
});

it("leaves models that are not here to the load", async () => {
  await check("owner/other", "qery");
  await check("https://example.com", "qery");
});
