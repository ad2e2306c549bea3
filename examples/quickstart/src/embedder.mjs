import { Embedder } from "@embeddinggemma/core";
import { modelPath } from "@embeddinggemma/tiny-model";
import { MultiBar, Presets } from "cli-progress";

/** Loads the model in `EMBEDDINGGEMMA_MODEL`, by default the tiny model. */
export async function loadEmbedder() {
  const model = process.env.EMBEDDINGGEMMA_MODEL || modelPath;
  const dtype = /** @type {import("@embeddinggemma/core").Dtype} */ (
    process.env.EMBEDDINGGEMMA_DTYPE || "q8"
  );
  const bars = new DownloadBars();
  const started = performance.now();
  try {
    const embedder = await Embedder.load(model, {
      dtype,
      onDownloadProgress: (progress) => bars.update(progress),
    });
    const name = model === modelPath ? "the tiny model of this project" : model;
    return { embedder, name, seconds: (performance.now() - started) / 1000 };
  } finally {
    bars.stop();
  }
}

/** A progress bar for each download. */
class DownloadBars {
  #bars = new MultiBar(
    { format: "  {file} {bar} {percentage}% of {megabytes} MB", hideCursor: true },
    Presets.shades_classic,
  );
  #byFile = new Map();

  /** @param {import("@embeddinggemma/core").DownloadProgress} progress */
  update({ file, loaded, total }) {
    if (total === null) return;
    const megabytes = (total / 1e6).toFixed(1);
    if (!this.#byFile.has(file))
      this.#byFile.set(file, this.#bars.create(total, 0, { file: file.padEnd(34), megabytes }));
    this.#byFile.get(file).update(loaded, { megabytes });
  }

  stop() {
    this.#bars.stop();
  }
}
