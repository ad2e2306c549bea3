import { type DownloadProgress, scanModelCache } from "@embeddinggemma/core";
import { formatBytes } from "../terminal/format-bytes.ts";
import { type Progress, startProgress } from "../terminal/progress.ts";
import { note, type Terminal } from "../terminal/terminal.ts";
import type { ModelFlags } from "./model-options.ts";

/** Shows the downloads of a model. */
interface Downloads extends AsyncDisposable {
  onDownloadProgress(download: DownloadProgress): void;
}

/** Shows how far downloads are; without a terminal, a line for each large file. */
export function showDownloads(
  model: string,
  { cacheDir }: Pick<ModelFlags, "cacheDir">,
  terminal: Terminal,
): Downloads {
  return terminal.interactive
    ? showBar(startProgress(terminal, "Downloading"))
    : noteFiles(model, cacheDir, terminal);
}

/** A bar for all files together. */
function showBar(progress: Progress): Downloads {
  const files = new Map<string, DownloadProgress>();
  return {
    onDownloadProgress(download) {
      files.set(download.file, download);
      let [loaded, total] = [0, 0];
      for (const file of files.values()) {
        loaded += file.loaded;
        total += file.total ?? file.loaded;
      }
      const fraction = total === 0 ? 0 : loaded / total;
      progress.show(fraction, `${formatBytes(loaded)} of ${formatBytes(total)}`);
    },
    [Symbol.asyncDispose]: async () => progress.stop(),
  };
}

function noteFiles(model: string, cacheDir: string | undefined, terminal: Terminal): Downloads {
  const noted = new Set<string>();
  let notes: Promise<void> | undefined;
  return {
    onDownloadProgress({ file, total }) {
      if (total === null || total < leastNoted || noted.has(file)) return;
      noted.add(file);
      const line = `Downloading ${model}: ${file}, ${formatBytes(total)}`;
      notes = Promise.all([folderOf(cacheDir), notes]).then(([folder]) =>
        note(terminal, `${line}, to ${folder}`),
      );
    },
    [Symbol.asyncDispose]: async () => notes,
  };
}

/** Bytes. Smaller files need no time. */
const leastNoted = 1_000_000;

async function folderOf(cacheDir: string | undefined): Promise<string> {
  return scanModelCache({ cacheDir }).then(
    ({ path }) => path,
    () => "the cache",
  );
}
