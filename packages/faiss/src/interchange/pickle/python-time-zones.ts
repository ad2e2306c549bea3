import { PickledDict, PickledObject } from "./pickled-values.ts";
import type { Readers } from "./python-readers.ts";

/** A time zone of Python. Offsets are seconds east of UTC. */
export interface TimeZone {
  /** As `str` writes it. */
  name: string;
  /** The offset if it is always the same. */
  fixedOffset: number | undefined;
  /** @param time - milliseconds since 1970 */
  offsetAt: (time: number) => number;
  /**
   * @param wall - the time on the clock, as milliseconds since 1970 as if it were UTC
   * @param isSecond - the second of two equal times at the end of daylight saving time
   */
  offsetAtWall: (wall: number, isSecond: boolean) => number;
}

/** @returns undefined if the value is no time zone that is known here */
export function timeZone(value: unknown): TimeZone | undefined {
  if (!(value instanceof PickledObject)) return undefined;
  const state = value.state instanceof PickledDict ? value.state.toMap() : undefined;
  return makers.get(value.className)?.(value.args, state);
}

/** Time zones among the metadata themselves are their names. */
export const zoneReaders: Readers = {
  "datetime.timezone": (object) => timeZone(object)?.name,
  "zoneinfo.ZoneInfo._unpickle": (object) => timeZone(object)?.name,
};

type State = ReadonlyMap<unknown, unknown> | undefined;
type Maker = (args: readonly unknown[], state: State) => TimeZone | undefined;

const utc = fixed(0, "UTC");
const zoneInfo: Maker = ([name]) => region(name);

const makers: ReadonlyMap<string, Maker> = new Map(
  Object.entries<Maker>({
    "datetime.timezone": ([offset, name]) => fixed(timedelta(offset), name),
    "zoneinfo.ZoneInfo._unpickle": zoneInfo,
    "backports.zoneinfo.ZoneInfo._unpickle": zoneInfo,
    "pytz._UTC": () => utc,
    // Where the offset is missing, the zone has only one.
    "pytz._p": ([name, offset]) =>
      typeof offset === "number" ? pytzRegion(name, offset) : region(name),
    "pytz.FixedOffset": ([minutes]) =>
      typeof minutes === "number" ? fixed(minutes * 60, undefined) : undefined,
    "dateutil.tz.tz.tzutc": () => utc,
    "dateutil.tz.tz.tzoffset": ([name, given], state) => {
      const offset = state?.get("_offset") ?? given;
      return fixed(
        typeof offset === "number" ? offset : timedelta(offset),
        state?.get("_name") ?? name,
      );
    },
  }),
);

/** @returns seconds; undefined if the value is no `datetime.timedelta` */
export function timedelta(value: unknown): number | undefined {
  if (!(value instanceof PickledObject) || value.className !== "datetime.timedelta")
    return undefined;
  const [days = 0, seconds = 0, micros = 0] = value.args;
  if (![days, seconds, micros].every(Number.isSafeInteger)) return undefined;
  // One division, so that the result is the nearest number, as in Python.
  const total = (BigInt(days as number) * 86_400n + BigInt(seconds as number)) * 1_000_000n;
  return Number(total + BigInt(micros as number)) / 1e6;
}

function fixed(offset: number | undefined, name: unknown): TimeZone | undefined {
  if (offset === undefined || Math.abs(offset) >= 86_400) return undefined;
  const own = typeof name === "string" ? name : `UTC${offset === 0 ? "" : offsetText(offset)}`;
  const same = () => offset;
  return { name: own, fixedOffset: offset, offsetAt: same, offsetAtWall: same };
}

/** A zone of the IANA database. */
function region(name: unknown): TimeZone | undefined {
  if (typeof name !== "string") return undefined;
  const format = formatOf(name);
  if (!format) return undefined;
  const offsetAt = (time: number) => offsetOf(format, time);
  return {
    name,
    fixedOffset: undefined,
    offsetAt,
    offsetAtWall: (wall, isSecond) => {
      // No zone changes its offset twice within two days.
      const [before, after] = [offsetAt(wall - day), offsetAt(wall + day)];
      const valid = [before, after].filter((offset) => offsetAt(wall - offset * 1000) === offset);
      if (valid.length === 1) return valid[0]!;
      return isSecond ? after : before;
    },
  };
}

const day = 86_400_000;

/** With pytz, a datetime has the offset of its own zone, also one that is wrong for the date. */
function pytzRegion(name: unknown, offset: number): TimeZone | undefined {
  const zone = region(name);
  return zone && { ...zone, offsetAtWall: () => offset };
}

const formats = new Map<string, Intl.DateTimeFormat | undefined>();

function formatOf(timeZone: string): Intl.DateTimeFormat | undefined {
  if (!formats.has(timeZone)) {
    if (formats.size >= maxFormats) formats.clear();
    formats.set(timeZone, newFormat(timeZone));
  }
  return formats.get(timeZone);
}

const maxFormats = 100;

function newFormat(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  } catch {
    return undefined;
  }
}

/** `Intl` writes an offset as `GMT+01:00` or `GMT`. */
function offsetOf(format: Intl.DateTimeFormat, time: number): number {
  const name = format.formatToParts(time).find(({ type }) => type === "timeZoneName")!.value;
  const [, sign, hours, minutes, seconds = "0"] =
    /([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(name.replace("−", "-")) ?? [];
  if (sign === undefined) return 0;
  const size = Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds);
  return sign === "-" ? -size : size;
}

/** An offset as Python's `isoformat()` writes it, such as `+02:00`. */
export function offsetText(offset: number): string {
  const micros = Math.round(Math.abs(offset) * 1e6);
  const parts = [3_600e6, 60e6, 1e6].map((unit, place) =>
    digits(Math.floor(micros / unit) % (place === 0 ? 24 : 60)),
  );
  const rest = micros % 1e6;
  const isShort = rest === 0 && parts[2] === "00";
  const text = (isShort ? parts.slice(0, 2) : parts).join(":");
  return `${offset < 0 ? "-" : "+"}${text}${rest === 0 ? "" : `.${digits(rest, 6)}`}`;
}

/** A number with leading zeros. */
export function digits(value: number | bigint, length = 2): string {
  return String(value).padStart(length, "0");
}
