import { z } from "zod";

/** Fields of Ollama that have no meaning here, such as `keep_alive`, are ignored. */
const common = {
  model: z.string(),
  options: z.looseObject({}).nullish(),
  keep_alive: z.union([z.string(), z.number()]).nullish(),
};

export const embedForm = z.object({
  ...common,
  input: z
    .union([z.string(), z.array(z.string())], "expected a string or an array of strings")
    .nullish(),
  truncate: z.boolean().nullish(),
  dimensions: z.int().min(0).max(0xffff_ffff).nullish(),
});

export const embeddingsForm = z.object({ ...common, prompt: z.string().nullish() });

/** `name` is the older name of `model`. */
export const showForm = z.object({ model: z.string().nullish(), name: z.string().nullish() });
