import { expect, it } from "vitest";
import { fitsPython, json, writePickle } from "./pickle-writer.ts";

const pickled = (value: Parameters<typeof json>[0]) =>
  Buffer.concat([...writePickle(json(value))]).toString("latin1");

it("writes a date as Python does: a datetime in UTC", () => {
  // `pickle.dumps(datetime(2024, 5, 1, 12, 30, 59, 123000, tzinfo=timezone.utc), 4)`, without the
  // opcodes that frame and memoize.
  const text = (value: string) => `X${String.fromCharCode(value.length)}\0\0\0${value}`;
  const module = text("datetime");
  const fields = "\x07\xe8\x05\x01\x0c\x1e\x3b\x01\xe0\x78";
  expect(pickled(new Date("2024-05-01T12:30:59.123Z"))).toBe(
    `\x80\x04${module}${module}\x93C\x0a${fields}${module}${text("timezone")}\x93` +
      `${module}${text("timedelta")}\x93K\0K\0K\0\x87R\x85R\x86R.`,
  );
});

it("knows the years of Python's datetime", () => {
  for (const text of ["0001-01-01", "2024-05-01", "9999-12-31T23:59:59.999Z"])
    expect(fitsPython(new Date(text))).toBe(true);
  for (const text of ["0000-12-31", "-000001-01-01", "+010000-01-01"])
    expect(fitsPython(new Date(text))).toBe(false);
});

it("writes half a surrogate pair as Python's pickles have it", () => {
  expect(pickled("a\ud83e🪐")).toBe("\x80\x04X\x08\0\0\0a\xed\xa0\xbe\xf0\x9f\xaa\x90.");
});
