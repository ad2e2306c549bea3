import { expect, it } from "vitest";
import type { InputStatistics } from "../embed-inputs.ts";
import { untrainedWarning } from "./untrained-warning.ts";

const description = { matryoshkaDimensions: [768, 512, 256, 128], anyDimension: false };
const statistics = { characters: 1 } as InputStatistics;

function warningsFor(asked: readonly (number | undefined)[], described = description): string[] {
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const report = untrainedWarning({ description: described }, { warn });
  for (const dimensions of asked) report({ dimensions, statistics });
  return warnings;
}

it("warns once of each length that the model was not trained for", () => {
  const warnings = warningsFor([undefined, 768, 256, 100, 100, 99]);
  expect(warnings).toEqual([
    expect.stringMatching(/of 100 numbers\..* It was trained for 768, 512, 256, 128\.$/),
    expect.stringContaining("of 99 numbers."),
  ]);
});

it("does not warn of a model for any length, or of a request that was refused", () => {
  expect(warningsFor([100], { ...description, anyDimension: true })).toEqual([]);
  const warn = () => expect.unreachable();
  untrainedWarning({ description }, { warn })({ dimensions: 100, statistics: undefined });
});
