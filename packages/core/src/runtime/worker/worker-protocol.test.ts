import fc from "fast-check";
import { expect, test } from "vitest";
import { packSequences, unpackSequences } from "./worker-protocol.ts";

test("unpacking restores the packed sequences", () => {
  const id = fc.integer({ min: 0, max: 2 ** 31 - 1 });
  fc.assert(
    fc.property(fc.array(fc.array(id)), (sequences) => {
      expect(unpackSequences(structuredClone(packSequences(sequences)))).toEqual(sequences);
    }),
  );
});
