import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { modelPath } from "@embeddinggemma/tiny-model";

/** Options that every benchmark has. */
export const commonOptions = {
  out: { value: "FOLDER", help: "where tables, JSON and charts are written" },
  docs: { help: "writes the charts to docs/charts, too" },
  help: { help: "shows this" },
};

/**
 * Reads the options of a benchmark. A name that it does not have, and a number that is none, is an
 * error that says what it has.
 *
 * @param options - by name: `{ default?, short?, value?, help }`. The type is that of `default`: a
 * number, or else a string. An option without `default` and `value` is a flag. `short` is the
 * default in the short form
 */
export function readOptions(kind, args, options, { short = false } = {}) {
  const all = { ...options, ...commonOptions };
  let parsed;
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: Object.fromEntries(
        Object.entries(all).map(([name, option]) => [
          name,
          { type: isFlag(option) ? "boolean" : "string" },
        ]),
      ),
    });
  } catch (error) {
    throw new UsageError(`${error.message.split(". ")[0]}. Options of ${kind}:\n${helpOf(all)}`);
  }
  const { values, positionals } = parsed;
  if (positionals.length > 1) {
    throw new UsageError(`${kind} takes one folder or file. Given: ${positionals.join(", ")}.`);
  }
  const read = Object.entries(all).map(([name, option]) => {
    const standard = short && "short" in option ? option.short : option.default;
    if (values[name] === undefined) return [name, standard];
    return [name, typeof option.default === "number" ? number(name, values[name]) : values[name]];
  });
  return { ...Object.fromEntries(read), positional: positionals[0] };
}

/** The folder of a model: the given one, `EMBEDDINGGEMMA_MODEL`, or the tiny model. */
export function modelFolder(given) {
  const model = resolve(given ?? process.env.EMBEDDINGGEMMA_MODEL ?? modelPath);
  if (!existsSync(join(model, "onnx"))) {
    throw new UsageError(
      `${model} has no folder \`onnx\`. Pass the folder of a model. test/reference/README.md ` +
        "says how to make one of EmbeddingGemma 300m's shape.",
    );
  }
  if (model === modelPath) {
    console.error(
      "This is the tiny model: its figures are no claim. For another one, pass its folder. " +
        "test/reference/README.md says how to make one of EmbeddingGemma 300m's shape.",
    );
  }
  return model;
}

/**
 * The command line of a probe, a script that prints one table:
 * `node <script> [folder of a model] [--dtype=q8] [--name=value …]`.
 *
 * @param defaults - the options with their defaults, whose types they have
 */
export function probeOptions(defaults) {
  const options = { dtype: { default: "q8", help: "dtype of the model" } };
  for (const [name, value] of Object.entries(defaults))
    options[name] = { default: value, help: "" };
  const { positional, ...values } = readOptions("it", process.argv.slice(2), options);
  return { ...values, model: modelFolder(positional) };
}

/** The contenders whose names contain one of the words of `--only`; all without it. */
export function namedBy(only, contenders) {
  const words = only?.toLowerCase().split(",");
  return contenders.filter(
    ({ name }) => !words || words.some((word) => name.toLowerCase().includes(word)),
  );
}

/** Options as lines of text. */
export function helpOf(options) {
  const heads = Object.entries(options).map(([name, option]) =>
    isFlag(option) ? `--${name}` : `--${name}=${option.value ?? option.default}`,
  );
  const width = Math.min(Math.max(...heads.map((head) => head.length)), 36);
  return Object.values(options)
    .map(({ help }, index) => `  ${heads[index].padEnd(width)}  ${help}`)
    .join("\n");
}

/** What the caller wrote is wrong. Its message is shown without a stack. */
export class UsageError extends Error {}

function isFlag(option) {
  return option.default === undefined && option.value === undefined;
}

function number(name, text) {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0)
    throw new UsageError(`--${name} must be a number. Given: "${text}".`);
  return value;
}
