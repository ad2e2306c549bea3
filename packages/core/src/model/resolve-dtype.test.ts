import { expect, test } from "vitest";
import type { Dtype } from "../runtime/dtype.ts";
import { autoDtypes, resolveDtype } from "./resolve-dtype.ts";

const resolve = (device: string | undefined, available: readonly Dtype[], isInBrowser = false) =>
  resolveDtype({ isInBrowser, device, available: new Set(available) });

test.for<[device: string | undefined, isInBrowser: boolean, Dtype, named: string]>([
  [undefined, false, "q8", "cpu"],
  ["cpu", false, "q8", "cpu"],
  [undefined, true, "q8", "wasm"],
  ["wasm", true, "q8", "wasm"],
  ["webgpu", true, "fp32", "webgpu"],
  ["webgpu", false, "fp32", "webgpu"],
  ["cuda", false, "fp32", "cuda"],
  ["dml", false, "fp32", "dml"],
  ["coreml", false, "fp32", "coreml"],
  ["gpu", false, "fp32", "gpu"],
  ["auto", false, "fp32", "auto"],
  ["quantum", false, "fp32", "quantum"],
])("on %j (in a browser: %j), of all dtypes", ([device, isInBrowser, dtype, named]) => {
  const resolved = resolve(device, [...autoDtypes], isInBrowser);
  expect(resolved.dtype).toBe(dtype);
  expect(resolved.reason).toMatch(new RegExp(`^${dtype}: on ${named}, \\S.{10,}$`));
});

test.for<[string, Dtype[], Dtype]>([
  ["cpu", ["q4", "fp32"], "fp32"],
  ["cpu", ["q4", "uint8"], "q4"],
  ["webgpu", ["q8", "q4"], "q8"],
])("on %s, the next best of %j", ([device, available, dtype]) => {
  const { dtype: resolved, reason } = resolve(device, available);
  expect(resolved).toBe(dtype);
  expect(reason).toMatch(/the next best after (q8|fp32), which the model lacks$/);
});

test("with none of them, the best of all", () => {
  expect(resolve("cpu", []).dtype).toBe("q8");
  expect(resolve("webgpu", []).dtype).toBe("fp32");
});
