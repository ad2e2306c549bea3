import type { DownloadProgress } from "@embeddinggemma/core";
import type { Logger } from "./logs.ts";

/**
 * Logs how much of a large file is downloaded: a line for every tenth, but at most one in 5 s,
 * except for the first and the last one.
 */
export function logDownloads(logger: Pick<Logger, "info">): (progress: DownloadProgress) => void {
  const logged = new Map<string, { readonly tenths: number; readonly at: number }>();
  return ({ file, loaded, total }) => {
    if (total === null || total < leastLogged) return;
    const tenths = Math.floor((10 * loaded) / total);
    const last = logged.get(file);
    const at = performance.now();
    if (last && (tenths <= last.tenths || (tenths < 10 && at < last.at + pause))) return;
    logged.set(file, { tenths, at });
    logger.info(`Downloading ${file}: ${tenths * 10} % of ${Math.round(total / 1e6)} MB`);
  };
}

/** Milliseconds. */
const pause = 5_000;

/** Bytes. Smaller files need no time. */
const leastLogged = 5_000_000;
