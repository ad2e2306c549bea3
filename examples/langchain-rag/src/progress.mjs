import { SingleBar } from "cli-progress";

/** A progress bar for the model's download and then for the embedding. `stop` removes it. */
export class Progress {
  #bar = new SingleBar({
    format: "{what} {bar} {percentage}%",
    clearOnComplete: true,
    hideCursor: true,
  });

  /** @param {import("@embeddinggemma/core").DownloadProgress} progress */
  downloading = ({ file, loaded, total }) =>
    this.#show(`Downloading ${file}`, loaded, total ?? loaded);

  /** @param {import("@embeddinggemma/core").EncodeProgress} progress */
  embedding = ({ done, total }) => this.#show("Embedding", done, total);

  stop() {
    this.#bar.stop();
  }

  /**
   * @param {string} what
   * @param {number} done
   * @param {number} total
   */
  #show(what, done, total) {
    if (!this.#bar.isActive) this.#bar.start(total, done, { what });
    this.#bar.setTotal(total);
    this.#bar.update(done, { what });
  }
}
