import { bytes } from "./python-bytes.ts";
import { digits } from "./python-time-zones.ts";

/** NumPy's "not a time". */
const notATime = -(2n ** 63n);

/** How many of a unit are a second. */
const perSecond = new Map<string, bigint>([
  ["s", 1n],
  ["ms", 10n ** 3n],
  ["us", 10n ** 6n],
  ["ns", 10n ** 9n],
  ["ps", 10n ** 12n],
  ["fs", 10n ** 15n],
  ["as", 10n ** 18n],
]);

/** How many seconds a unit has. */
const secondsOf = new Map<string, bigint>([
  ["m", 60n],
  ["h", 3_600n],
  ["D", 86_400n],
  ["W", 604_800n],
]);

/**
 * How to read a `datetime64` (kind `M`), as NumPy's `str` writes it, or a `timedelta64` (kind `m`),
 * as a number of seconds. What is no time is null.
 *
 * @param metadata - of the dtype: its unit, and how many of it are one
 */
export function timeReader(
  kind: string,
  metadata: unknown,
): ((value: bigint) => unknown) | undefined {
  const [, parts] = Array.isArray(metadata) ? metadata : [];
  const [unitBytes, multiple] = Array.isArray(parts) ? parts : [];
  const unit = typeof unitBytes === "string" ? unitBytes : bytes(unitBytes)?.toString("latin1");
  if (unit === undefined || !Number.isSafeInteger(multiple)) return undefined;
  const read = kind === "M" ? datetimeText : duration;
  return (value) => (value === notATime ? null : read(value * BigInt(multiple), unit));
}

function datetimeText(value: bigint, unit: string): string | undefined {
  if (unit === "Y" || unit === "M") {
    const months = unit === "Y" ? value * 12n : value;
    const date = dateText(new Date(Date.UTC(1970, 0, 1)), Number(months));
    return date?.slice(0, unit === "Y" ? 4 : 7);
  }
  const seconds = secondsOf.get(unit);
  const perUnit = perSecond.get(unit) ?? 1n;
  if (seconds === undefined && !perSecond.has(unit)) return undefined;
  const total = seconds === undefined ? floorDivide(value, perUnit) : value * seconds;
  const text = dateText(new Date(Number(total) * 1000));
  if (text === undefined) return undefined;
  const length = { W: 10, D: 10, h: 13, m: 16 }[unit];
  if (length !== undefined) return text.slice(0, length);
  const fraction = value - total * perUnit;
  const places = String(perUnit).length - 1;
  return places === 0 ? text : `${text}.${digits(fraction, places)}`;
}

/** @returns undefined for a year that does not have four digits */
function dateText(date: Date, addedMonths = 0): string | undefined {
  date.setUTCMonth(date.getUTCMonth() + addedMonths);
  const year = date.getUTCFullYear();
  return year >= 0 && year <= 9999 ? date.toISOString().slice(0, 19) : undefined;
}

function duration(value: bigint, unit: string): number | string | undefined {
  const seconds = secondsOf.get(unit);
  if (seconds !== undefined) return Number(value * seconds);
  const parts = perSecond.get(unit);
  // Nobody knows how long they are.
  const name = { Y: "years", M: "months", generic: "generic time units" }[unit];
  return parts === undefined ? name && `${value} ${name}` : Number(value) / Number(parts);
}

function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return quotient * divisor > value ? quotient - 1n : quotient;
}

/** A time as pandas' `isoformat()` writes it, without an offset. */
export function nanosecondText(value: bigint): string | undefined {
  const text = datetimeText(value, "ns");
  if (text?.endsWith("000000000")) return text.slice(0, 19);
  return text?.endsWith("000") ? text.slice(0, -3) : text;
}
