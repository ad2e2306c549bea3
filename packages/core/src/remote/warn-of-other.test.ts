import { warningsOf } from "@embeddinggemma/internal/testing";
import { expect, test } from "vitest";
import { warnOfOther } from "./warn-of-other.ts";

const facts = { api: "tei", baseUrl: "http://localhost:8080", model: "google/gemma-300m" } as const;

test.for([
  ["onnx-community/Gemma-300m-ONNX", facts],
  ["gemma-300m", facts],
  ["BAAI/bge-m3", { ...facts, model: "/models/bge-m3/" }],
  ["BAAI/bge-m3", { ...facts, api: "openai" as const }],
] as const)("%s may be the model of the server", async ([named, served]) => {
  expect(await warningsOf(async () => warnOfOther(named, served))).toEqual([]);
});

test("another name is said once", async () => {
  const warnings = await warningsOf(async () => {
    for (let time = 0; time < 2; time++) warnOfOther("BAAI/bge-m3", facts);
  });
  expect(warnings).toMatchObject([
    {
      code: "EMBEDDINGGEMMA_OTHER_MODEL",
      message:
        'The server http://localhost:8080 has the model "google/gemma-300m", and the option ' +
        '`model` names "BAAI/bge-m3", which has no effect: the vectors are those of the ' +
        "server's model. Leave out `model`, or use a server that has it.",
    },
  ]);
});
