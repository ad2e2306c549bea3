import { z } from "zod";

export const embeddingsForm = z.object({
  input: z.union(
    [
      z.string(),
      z.array(z.string()),
      // Refused with a reason: see `routes.ts`.
      z.array(z.number()),
      z.array(z.array(z.number())),
    ],
    "expected a string or an array of strings",
  ),
  model: z.string().nullish(),
  // LiteLLM sends null.
  encoding_format: z.enum(["float", "base64"]).nullish(),
  dimensions: z.int().min(0).nullish(),
  user: z.string().nullish(),
  /** Not OpenAI's: the name of a prompt of the model. */
  prompt_name: z.string().nullish(),
});
