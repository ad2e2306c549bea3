import { expect, it } from "vitest";
import { withFlags } from "./with-flags.ts";

const flags = { cacheDir: "--cache-dir", dtype: "--dtype", token: "--hf-token" };

it.each([
  ["dtype must be fp32 or q8.", "--dtype must be fp32 or q8."],
  ["Set the option `cacheDir`, or HOME.", "Set --cache-dir, or HOME."],
  ['The option `dtype: "q8"` fits.', "--dtype q8 fits."],
  ['It has a.onnx (set dtype: "q8").', "It has a.onnx (--dtype q8)."],
  ["Check `token`, not `tokens` or the dtype.", "Check --hf-token, not `tokens` or the dtype."],
])("names flags in %j", (message, expected) => {
  expect(withFlags(message, flags)).toBe(expected);
});
