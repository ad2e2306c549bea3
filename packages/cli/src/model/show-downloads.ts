import type { DownloadProgress } from "@embeddinggemma/core";
import { formatBytes } from "../terminal/format-bytes.ts";
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
      const fraction = total === 0 ? 0 : loaded / total;
      progress.show(fraction, `${formatBytes(loaded)} of ${formatBytes(total)}`);
    },
    [Symbol.dispose]: () => progress.stop(),
  };
}
