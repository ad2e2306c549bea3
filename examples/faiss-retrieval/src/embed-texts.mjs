import { Embedder } from "@embeddinggemma/core";
import { modelPath } from "@embeddinggemma/tiny-model";
import { SingleBar } from "cli-progress";

/**
 * Embeds with the model in `EMBEDDINGGEMMA_MODEL`, by default the tiny model.
 *
 * @param {{ text: string }[]} texts
 * @param {string[]} queries
 */
export async function embedTexts(texts, queries) {
  const bar = new SingleBar({ format: "{what} {bar} {percentage}%", clearOnComplete: true });
  /** @param {string} what @param {number} done @param {number} total */
  const show = (what, done, total) => {
    if (!bar.isActive) bar.start(total, done, { what });
    bar.setTotal(total);
    bar.update(done, { what });
  };
  const embedder = await Embedder.load(process.env.EMBEDDINGGEMMA_MODEL || modelPath, {
    onDownloadProgress: ({ file, loaded, total }) =>
      show(`Downloading ${file}`, loaded, total ?? loaded),
  });
  const vectors = await embedder.encodeDocument(
    texts.map(({ text }) => text),
    { onProgress: ({ done, total }) => show("Embedding", done, total) },
  );
  bar.stop();
  const queryVectors = await embedder.encodeQuery(queries);
  await embedder.dispose();
  return { vectors, queryVectors };
}
