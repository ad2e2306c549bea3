import { bytes } from "./python-bytes.ts";
import type { Readers } from "./python-readers.ts";
import { digits, offsetText, timedelta, timeZone, zoneReaders } from "./python-time-zones.ts";

/** Python's dates and times, as `isoformat()` writes them. A `timedelta` is a number of seconds. */
export const dateReaders: Readers = {
  "datetime.date": ({ args: [fields] }) => date(bytes(fields)),
  "datetime.datetime": ({ args: [fields, zone] }) => datetime(bytes(fields), zone),
  "datetime.time": ({ args: [fields, zone] }) => time(bytes(fields), zone),
  "datetime.timedelta": timedelta,
  ...zoneReaders,
};

/** Year, month and day. */
function date(fields: Buffer | undefined): string | undefined {
  if (fields?.length !== 4) return undefined;
  const [year, month, day] = [fields.readUInt16BE(0), fields[2]!, fields[3]!];
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31) return undefined;
  return `${digits(year, 4)}-${digits(month)}-${digits(day)}`;
}

/** Hour, minute, second and microsecond. */
function clock(fields: Buffer): string | undefined {
  const [hour, minute, second, micro] = [...fields.subarray(0, 3), fields.readUIntBE(3, 3)];
  if (hour! > 23 || minute! > 59 || second! > 59 || micro! >= 1_000_000) return undefined;
  const fraction = micro === 0 ? "" : `.${digits(micro!, 6)}`;
  return `${digits(hour!)}:${digits(minute!)}:${digits(second!)}${fraction}`;
}

/** The second of two equal times, at the end of daylight saving time, has this bit. */
const foldBit = 0x80;

function datetime(fields: Buffer | undefined, zone: unknown): string | undefined {
  if (fields?.length !== 10) return undefined;
  const own = Buffer.from(fields);
  own[2]! &= ~foldBit;
  const [day, hours] = [date(own.subarray(0, 4)), clock(own.subarray(4))];
  if (day === undefined || hours === undefined) return undefined;
  if (zone === undefined || zone === null) return `${day}T${hours}`;
  const known = timeZone(zone);
  if (!known) return undefined;
  const wall = Date.parse(`${day}T${hours.slice(0, 8)}Z`);
  const isSecond = own[2] !== fields[2];
  return `${day}T${hours}${offsetText(known.offsetAtWall(wall, isSecond))}`;
}

function time(fields: Buffer | undefined, zone: unknown): string | undefined {
  if (fields?.length !== 6) return undefined;
  const own = Buffer.from(fields);
  own[0]! &= ~foldBit;
  const hours = clock(own);
  if (hours === undefined) return undefined;
  if (zone === undefined || zone === null) return hours;
  const known = timeZone(zone);
  if (!known) return undefined;
  // The offset of a region depends on the date, so Python leaves it out.
  const { fixedOffset } = known;
  return fixedOffset === undefined ? hours : hours + offsetText(fixedOffset);
}
