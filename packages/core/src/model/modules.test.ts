import { describe, expect, test } from "vitest";
import {
  bert,
  describeFiles,
  invalidFile,
  module,
  notSupported,
} from "../../test-support/describe-files.ts";

describe("pooling", () => {
  test.for([
    [
      {
        pooling_mode_cls_token: true,
        pooling_mode_max_tokens: true,
        pooling_mode_mean_tokens: false,
      },
      ["cls", "max"],
    ],
    [{ pooling_mode_lasttoken: true, pooling_mode_mean_tokens: true }, ["mean", "lasttoken"]],
    [{ pooling_mode_mean_tokens: false }, ["mean"]],
    [{}, ["mean"]],
    [{ pooling_mode: "weightedmean", pooling_mode_mean_tokens: true }, ["weightedmean"]],
    [{ pooling_mode: ["mean", "cls"] }, ["mean", "cls"]],
  ] as const)("of %j is %j", async ([config, pooling]) => {
    const files = {
      ...bert,
      "1_Pooling/config.json": { word_embedding_dimension: 384, ...config },
    };
    expect(await describeFiles(files)).toMatchObject({ pooling, dimension: 384 * pooling.length });
  });

  test("can leave the prompt out", async () => {
    const files = {
      ...bert,
      "1_Pooling/config.json": { word_embedding_dimension: 384, include_prompt: false },
    };
    expect(await describeFiles(files)).toMatchObject({ includePrompt: false });
  });

  test.for([["median"], [[]], [["mean", "median"]], [null]] as const)(
    "of mode %j is an error",
    async ([pooling_mode]) => {
      const files = {
        ...bert,
        "1_Pooling/config.json": { word_embedding_dimension: 384, pooling_mode },
      };
      await expect(describeFiles(files)).rejects.toThrow(invalidFile("1_Pooling/config.json"));
    },
  );
});

describe("modules", () => {
  test("without effect at inference are ignored, and LayerNorm counts as Dense layer", async () => {
    const modules = [
      module("Transformer", ""),
      module("Pooling", "1_Pooling"),
      module("Dropout", "2_Dropout"),
      module("LayerNorm", "3_LayerNorm"),
    ];
    expect(await describeFiles({ ...bert, "modules.json": modules })).toMatchObject({
      denseLayers: 1,
      normalized: false,
    });
  });

  test("that change a normalized vector leave it so no longer", async () => {
    const modules = [
      module("Transformer", ""),
      module("Pooling", "1_Pooling"),
      module("Normalize", "2_Normalize"),
      module("LayerNorm", "3_LayerNorm"),
    ];
    expect(await describeFiles({ ...bert, "modules.json": modules })).toMatchObject({
      denseLayers: 1,
      normalized: false,
    });
  });

  test.for([
    ["sentence_transformers.models.CNN", "CNN"],
    ["sentence_transformers.models.Router", "Router"],
    ["custom_st.Transformer", "custom_st.Transformer"],
    ["sentence_transformers.models.constructor", "constructor"],
  ] as const)("of type %j are not supported", async ([type, named]) => {
    const modules = [
      module("Transformer", ""),
      { idx: 1, name: "1", path: "1", type },
      module("Pooling", "1_Pooling"),
    ];
    await expect(describeFiles({ ...bert, "modules.json": modules })).rejects.toThrow(
      notSupported(named),
    );
  });

  test("without Pooling are not supported", async () => {
    await expect(
      describeFiles({ ...bert, "modules.json": [module("Transformer", "")] }),
    ).rejects.toThrow(notSupported("no Pooling module"));
  });

  test("for single tokens are not supported", async () => {
    const files = {
      ...bert,
      "modules.json": [
        module("Transformer", ""),
        module("Dense", "1_Dense"),
        module("Pooling", "1_Pooling"),
      ],
      "1_Dense/config.json": {
        in_features: 384,
        out_features: 128,
        module_input_name: "token_embeddings",
      },
    };
    await expect(describeFiles(files)).rejects.toThrow(
      notSupported('a Dense layer to "token_embeddings"'),
    );
  });

  test("without their config.json are an error that names the file", async () => {
    await expect(describeFiles({ ...bert, "1_Pooling/config.json": undefined })).rejects.toThrow(
      expect.objectContaining({
        code: "MODEL_FILE_MISSING",
        details: { model: "owner/model", file: "1_Pooling/config.json" },
      }),
    );
  });
});
