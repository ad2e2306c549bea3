import { z } from "zod";

const tokenId = z.int().min(0).max(0xffff_ffff);

const input = z.union([z.string(), z.array(tokenId)], "expected a string or an array of token ids");

/** One input: a string, or a flat array of token ids. Or several of them. */
const inputs = z.union(
  [z.string(), z.array(tokenId).min(1), z.array(input)],
  "expected a string, an array of token ids, or an array of these",
);

const truncationDirection = z
  .enum(["left", "Left", "right", "Right"])
  .transform((side) => side.toLowerCase() as "left" | "right");

const promptName = z.string().nullish();

const truncation = {
  truncate: z.boolean().nullish(),
  truncation_direction: truncationDirection.optional(),
  prompt_name: promptName,
};

export const embedForm = z.object({
  inputs,
  ...truncation,
  normalize: z.boolean().default(true),
  dimensions: z.int().min(0).max(0xffff_ffff).nullish(),
});

export const embedAllForm = z.object({ inputs, ...truncation });

export const similarityForm = z.object({
  inputs: z.object({ source_sentence: z.string(), sentences: z.array(z.string()) }),
  parameters: z.object(truncation).nullish(),
});

export const tokenizeForm = z.object({
  inputs: z.union([z.string(), z.array(z.string())]),
  add_special_tokens: z.boolean().default(true),
  prompt_name: promptName,
});

export const decodeForm = z.object({
  ids: z.union([z.array(tokenId), z.array(z.array(tokenId))]),
  skip_special_tokens: z.boolean().default(true),
});
