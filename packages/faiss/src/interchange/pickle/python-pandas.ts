import { nanosecondText } from "./numpy-times.ts";
import type { Readers } from "./python-readers.ts";
import { offsetText, timeZone } from "./python-time-zones.ts";

/**
 * Times of pandas, as its `isoformat()` writes them, and `NaT`, which is null. A `Timedelta` is a
 * number of seconds.
 */
export const pandasReaders: Readers = {
  "pandas._libs.tslibs.timestamps._unpickle_timestamp": ({ args: [value, , zone, unit] }) =>
    timestamp(value, zone, unit),
  "pandas._libs.tslibs.timedeltas._timedelta_unpickle": ({ args: [value, unit] }) => {
    const size = unitSize(unit);
    if (size === undefined || !isInteger(value)) return undefined;
    return Number(BigInt(value) * size) / 1e9;
  },
  "pandas._libs.tslibs.nattype._nat_unpickle": () => null,
  "pandas._libs.tslibs.nattype.__nat_unpickle": () => null,
};

/** Nanoseconds of a unit, by pandas' number of it. Releases before 2 have nanoseconds only. */
const units = new Map<unknown, bigint>([
  [undefined, 1n],
  [7, 1_000_000_000n],
  [8, 1_000_000n],
  [9, 1_000n],
  [10, 1n],
]);

function unitSize(unit: unknown): bigint | undefined {
  return units.get(unit);
}

function timestamp(value: unknown, zone: unknown, unit: unknown): string | undefined {
  const size = unitSize(unit);
  if (size === undefined || !isInteger(value)) return undefined;
  const nanoseconds = BigInt(value) * size;
  if (zone === undefined || zone === null) return nanosecondText(nanoseconds);
  const known = timeZone(zone);
  if (!known) return undefined;
  const offset = known.offsetAt(Number(nanoseconds / 1_000_000n));
  const text = nanosecondText(nanoseconds + BigInt(Math.round(offset * 1e9)));
  return text && text + offsetText(offset);
}

function isInteger(value: unknown): value is number | bigint {
  return typeof value === "bigint" || Number.isSafeInteger(value);
}
