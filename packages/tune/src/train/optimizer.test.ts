import { expect, test } from "vitest";
import golden from "../../../../test/golden/training-losses.json" with { type: "json" };
import { AdamW } from "./optimizer.ts";

test("steps and learning rates equal those of torch and Transformers", () => {
  const { start, gradients, after, learningRates, ...settings } = golden.adamW;
  const parameters = new Float32Array(start);
  const optimizer = new AdamW([parameters], { ...settings, totalSteps: gradients.length });
  for (const [index, gradient] of gradients.entries()) {
    expect(optimizer.learningRate).toBeCloseTo(learningRates[index]!, 10);
    optimizer.step([new Float32Array(gradient)]);
    for (const [at, number] of parameters.entries()) {
      expect(number).toBeCloseTo(after[index]![at]!, 5);
    }
  }
  expect(optimizer.learningRate).toBe(0);
});
