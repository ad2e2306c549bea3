/**
 * `fastembed` with the model as its custom one. Its defaults: 512 tokens, batches of 256. Its
 * tokenizer does not know the newer form of merges in tokenizer.json, so it gets a copy of the
 * folder with the older form.
 */
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { EmbeddingModel, FlagEmbedding } from "fastembed";
import { embeddingContender } from "../../embedding/contender.mjs";

export const { prepare, first, run, queries, vectors } = embeddingContender({
  from: import.meta.url,
  through: "fastembed",
  async load({ model, path }) {
    const embedding = await FlagEmbedding.init({
      model: EmbeddingModel.CUSTOM,
      modelAbsoluteDirPath: folderFor(model),
      modelName: relative(model, path),
    });
    const collect = async (batches) => {
      const vectors = [];
      for await (const batch of batches) vectors.push(...batch);
      return vectors;
    };
    const embed = (texts) => collect(embedding.embed(texts));
    return {
      cutsAt: 512,
      embed,
      embedOne: async (text) => (await embed([text]))[0],
      documents: (texts) => collect(embedding.passageEmbed(texts)),
    };
  },
});

/** The folder is kept, so that a cold start does not make it. */
function folderFor(model) {
  const key = createHash("sha256").update(resolve(model)).digest("hex").slice(0, 12);
  const folder = join(tmpdir(), `embeddinggemma-bench-fastembed-${key}`);
  const tokenizer = join(folder, "tokenizer.json");
  if (existsSync(tokenizer)) return folder;
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(model)) {
    const link = join(folder, name);
    if (name !== "tokenizer.json" && !existsSync(link)) symlinkSync(resolve(model, name), link);
  }
  const json = JSON.parse(readFileSync(join(model, "tokenizer.json"), "utf8"));
  json.model.merges = json.model.merges.map((merge) => [merge].flat().join(" "));
  writeFileSync(tokenizer, JSON.stringify(json));
  return folder;
}
