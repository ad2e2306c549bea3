import zlib from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { crc32, portableCrc32 } from "./crc32.ts";

test.each([
  ["with Node", crc32],
  ["everywhere", portableCrc32],
])("%s, equals zlib's checksum, also when it continues an earlier one", (_where, crc32) => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (first, second) => {
      expect(crc32(first)).toBe(zlib.crc32(first));
      expect(crc32(second, crc32(first))).toBe(zlib.crc32(Buffer.concat([first, second])));
    }),
  );
});
