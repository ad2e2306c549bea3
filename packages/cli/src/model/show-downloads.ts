import type { DownloadProgress } from "@embeddinggemma/core";
import { startProgress } from "../terminal/progress.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** Shows how far the downloads of a model are, all files together. */
export function showDownloads(terminal: Terminal) {
  const progress = startProgress(terminal, "Downloading");
  const files = new Map<string, DownloadProgress>();
  return {
    onDownloadProgress(download: DownloadProgress) {
      files.set(download.file, download);
      let [loaded, total] = [0, 0];
      for (const file of files.values()) {
        loaded += file.loaded;
        total += file.total ?? file.loaded;
      }
      progress.show(
        total === 0 ? 0 : loaded / total,
        `${megabytes(loaded)} of ${megabytes(total)}`,
      );
    },
    [Symbol.dispose]: () => progress.stop(),
  };
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_000_000).toLocaleString("en")} MB`;
}
