const timeOfDay = String.raw`T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?`;
const isoDate = new RegExp(String.raw`^(?:\d{4}|[+-]\d{6})(?:-\d\d(?:-\d\d(?:${timeOfDay})?)?)?$`);

/**
 * The time of a date, or of a string that is a date of ISO 8601, such as `2024`, `2024-05-01` or
 * `2024-05-01T12:30:00Z`.
 *
 * @returns milliseconds since 1970; undefined for everything else
 */
export function timeOf(value: unknown): number | undefined {
  if (isDate(value)) return value.getTime();
  if (typeof value !== "string" || !isoDate.test(value)) return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) || !isDayOfCalendar(value) ? undefined : time;
}

/** `Date.parse` takes the 30th of February for the 1st of March. */
function isDayOfCalendar(date: string): boolean {
  const [day, number] = /^[+-]?\d+-\d\d-(\d\d)/.exec(date) ?? [];
  return day === undefined || new Date(day).getUTCDate() === Number(number);
}

/**
 * Whether two values of metadata are equal. Dates are compared by their time, also with a string
 * that is a date of ISO 8601. Values of other types are never equal to each other.
 */
export function isSameValue(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (!isDate(one) && !isDate(other)) return false;
  const time = timeOf(one);
  return time !== undefined && time === timeOf(other);
}

/** Also true for dates of another realm, such as a test runner's VM. */
export function isDate(value: unknown): value is Date {
  if (typeof value !== "object" || value === null) return false;
  return value instanceof Date || Object.prototype.toString.call(value) === "[object Date]";
}
