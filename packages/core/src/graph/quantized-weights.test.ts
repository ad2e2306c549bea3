import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dequantized, dequantizeWeights } from "./dequantize-weights.ts";
import {
  newNode,
  newTensor,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
} from "./onnx-model.ts";
import { dataTypes, quantizedWeightsOf } from "./quantized-weights.ts";

const { float, int8 } = dataTypes;

const tensor = (name: string, dims: readonly number[], dataType: number): OnnxTensor =>
  newTensor({ name, dims: dims.map(BigInt), dataType });

const node = (opType: string, input: string[], output: string, attribute = {}): OnnxNode =>
  newNode({
    opType,
    input,
    output: [output],
    attribute: Object.entries(attribute).map(([name, i]) => ({
      name,
      i: BigInt(i as number),
    })) as never,
  });

/** `input × (Cast(weights) × scale)` */
function castAndScaled(dims: readonly number[], scaleDims: readonly number[], to = 1): OnnxModel {
  const cast = node("Cast", ["weights"], "cast", { to });
  const multiply = node("Mul", ["cast", "scale"], "numbers");
  const product = node("MatMul", ["input", "numbers"], "output");
  const initializer = [tensor("weights", dims, int8), tensor("scale", scaleDims, float)];
  return { graph: { node: [cast, multiply, product], initializer, output: [{ name: "output" }] } };
}

describe("Cast and Mul", () => {
  test.each([
    [[4, 3], [1, 3], 1],
    [[4, 3], [4, 1], 0],
    [[4, 3], [], null],
    [[4, 3], [1], null],
  ])("%j by scales of %j: axis %j", (dims, scaleDims, axis) => {
    const [weights, ...others] = quantizedWeightsOf(castAndScaled(dims, scaleDims).graph!);
    expect(others).toEqual([]);
    expect(weights?.axis).toBe(axis);
    expect(weights?.numbers).toMatchObject({ name: "numbers", dims: dims.map(BigInt) });
  });

  test.each([
    ["scales that do not fit", castAndScaled([4, 3], [1, 2])],
    ["scales of the last axis, which numpy would broadcast", castAndScaled([4, 3], [3])],
    ["a cast to another type", castAndScaled([4, 3], [1, 3], 10)],
  ])("%s are left alone", (_, { graph }) => {
    expect(quantizedWeightsOf(graph!)).toEqual([]);
  });

  test("few weights are not worth a file, many are", () => {
    const few = castAndScaled([2 ** 11, 2 ** 12], [1, 2 ** 12]);
    expect(dequantizeWeights(few, { constants: true })).toBeNull();
    expect(few.graph!.node).toHaveLength(3);
    const many = castAndScaled([2 ** 12, 2 ** 12], [1, 2 ** 12]);
    expect(dequantizeWeights(many, { constants: true })).toHaveLength(1);
    expect(many.graph!.node.map(({ opType }) => opType)).toEqual(["MatMul"]);
    expect(many.graph!.initializer.map(({ name }) => name)).toEqual(["numbers"]);
  });
});

test("numbers are those of a naive formula, rounded to fp32", () => {
  const shape = fc.record({
    dims: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
    choice: fc.nat(),
    seed: fc.nat(),
  });
  fc.assert(
    fc.property(shape, ({ dims, choice, seed }) => {
      const count = dims.reduce((product, size) => product * size, 1);
      const axis = [null, ...dims.keys()][choice % (dims.length + 1)]!;
      const channels = axis === null ? 1 : dims[axis]!;
      const integers = Int8Array.from({ length: count }, (_, index) => (index + 1) * (seed % 97));
      const scales = Float32Array.from({ length: channels }, (_, index) => 0.1 / (index + 1));
      const zeroPoints = Int8Array.from({ length: channels }, (_, index) => index - 1);
      const numbers = dequantized(
        { integers: tensor("weights", dims, int8), axis },
        integers,
        scales,
        zeroPoints,
      );
      const behind = axis === null ? 1 : dims.slice(axis + 1).reduce((a, b) => a * b, 1);
      numbers.forEach((number, index) => {
        const channel = axis === null ? 0 : Math.floor(index / behind) % dims[axis]!;
        const difference = integers[index]! - zeroPoints[channel]!;
        expect(number).toBe(Math.fround(difference * scales[channel]!));
      });
    }),
  );
});
