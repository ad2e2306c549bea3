import type { DownloadProgress } from "@embeddinggemma/core";
import type { Logger } from "./logs.ts";

/** Logs a line for every tenth of a large file that is downloaded. */
export function logDownloads(logger: Pick<Logger, "info">): (progress: DownloadProgress) => void {
  const logged = new Map<string, number>();
  return ({ file, loaded, total }) => {
    if (total === null || total < leastLogged) return;
    const tenths = Math.floor((10 * loaded) / total);
    if (tenths <= (logged.get(file) ?? -1)) return;
    logged.set(file, tenths);
    logger.info(`Downloading ${file}: ${tenths * 10} % of ${Math.round(total / 1e6)} MB`);
  };
}

/** Bytes. Smaller files need no time. */
const leastLogged = 5_000_000;
