import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readPickle } from "./pickle-reader.ts";
import { PickledJson } from "./pickled-json.ts";
import type { PickledDict } from "./pickled-values.ts";

/** Written by Python: test/reference/faiss/make_metadata.py. */
const folder =
  process.env.METADATA ??
  join(import.meta.dirname, "../../../../../test/fixtures/faiss/python-metadata");

const pickles = readdirSync(folder).filter((name) => name.endsWith(".pkl"));

describe.each(pickles)("the values of %s", (name) => {
  const bytes = readFileSync(join(folder, name));
  const { expected, "before protocol 4": old } = JSON.parse(
    readFileSync(join(folder, name.replace(/-\d\.pkl$/, ".json")), "utf8"),
  );
  const isOld = /-[0-3]\.pkl$/.test(name);
  const values = readPickle(bytes, name) as PickledDict;

  it("are what Python says of them", () => {
    const json = new PickledJson(bytes.length, name, true);
    const read = Array.from(values.toMap(), ([key, value]) => [key, json.convert(value)]);
    expect(Object.fromEntries(read)).toEqual({ ...expected, ...(isOld && old) });
  });
});
