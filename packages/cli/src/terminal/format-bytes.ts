const units = ["B", "kB", "MB", "GB", "TB"] as const;

/** A size for people, such as `1.2 GB`. */
export function formatBytes(bytes: number): string {
  // Of what is written, so that it is 1.0 MB and not 1000 kB.
  const written = Math.max(1, Number(bytes.toPrecision(3)));
  const power = Math.min(Math.floor(Math.log10(written) / 3), units.length - 1);
  const value = bytes / 1000 ** power;
  return `${power > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}
