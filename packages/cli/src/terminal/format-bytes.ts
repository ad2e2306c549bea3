const units = ["B", "kB", "MB", "GB", "TB"] as const;

/** A size for people, such as `1.2 GB`. */
export function formatBytes(bytes: number): string {
  const power = Math.min(
    Math.max(0, Math.floor(Math.log10(Math.max(bytes, 1)) / 3)),
    units.length - 1,
  );
  const value = bytes / 1000 ** power;
  return `${power > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}
