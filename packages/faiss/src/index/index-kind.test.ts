import { describe, expect, it } from "vitest";
import { parseIndexKind } from "./index-kind.ts";

describe("parseIndexKind", () => {
  it.each([
    ["Flat", { isFlat: true, links: 0, trainingSize: 0 }],
    ["HNSW32,Flat", { isFlat: false, links: 32, trainingSize: 0 }],
    ["HNSW16,SQ8", { links: 16, trainingSize: 256 }],
    ["SQ8", { trainingSize: 256 }],
    ["SQfp16", { trainingSize: 0 }],
    ["IVF100,Flat", { cells: 100, centroids: 100, trainingSize: 3900, maxTrainingVectors: 25_600 }],
    ["IVF64,PQ16", { cells: 64, trainingSize: 39 * 256 }],
    ["PQ32x4", { trainingSize: 39 * 16 }],
  ])("knows how many vectors train %s", (factory, expected) => {
    expect(parseIndexKind(factory, 128)).toMatchObject({ factory, ...expected });
  });

  it.each([
    "",
    "flat",
    "Flat ",
    "HNSW",
    "HNSW1",
    "HNSW999",
    "IVF",
    "IVF0,Flat",
    "IVF70000,Flat",
    "PQ",
    "PQ5",
    "PQ4x99",
    "SQ7",
  ])("refuses %j", (factory) => {
    expect(() => parseIndexKind(factory, 128)).toThrow(/^index: /);
  });

  it.each(["banana", "HNSW32,Flt", "HNSW1", "IVF0,Flat", "PQ0", "PQ4x99"])(
    "refuses %j before the dimension is known",
    (factory) => {
      expect(() => parseIndexKind(factory, undefined)).toThrow(/^index: /);
    },
  );

  it("leaves open whether the bytes of PQ divide a dimension that is not known", () => {
    expect(parseIndexKind("PQ5", undefined)).toMatchObject({ factory: "PQ5" });
  });
});
