import type { Command } from "commander";

/** What other programs call a flag. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  "--count": ["-n", "--n", "--k", "--top-k", "--topk", "--limit", "--num-results", "--results"],
  "--min-score": ["--threshold", "--score-threshold", "--cutoff"],
  "--filter": ["--where", "--metadata"],
  "--store": ["--db", "--database", "--index", "--index-path", "--persist-dir"],
  "--truncate-dim": ["--dim", "--dims", "--dimension", "--dimensions"],
  "--chunk-tokens": ["--chunk-size"],
  "--chunk-overlap": ["--overlap"],
  "--exclude": ["--ignore"],
  "--include": ["--glob", "--pattern"],
  "--model": ["--model-name", "--model-path"],
  "--dtype": ["--quantization", "--quantized"],
  "--threads": ["--num-threads", "--jobs", "-j"],
  "--cache-dir": ["--cache-folder", "--cache"],
  "--api-key": ["--key"],
  "--offline": ["--local-files-only"],
  "--output": ["--out", "--output-file"],
  "--input": ["--file", "--input-file"],
};

/** What other programs call the token of the Hub. Here, only an environment variable has it. */
const hubTokens: readonly string[] = ["--token", "--hf-token", "--use-auth-token"];

/**
 * Adds to the error for an unknown flag what it is called here, where the name is too different to
 * find by its letters.
 */
export function nameOther(error: string, { options }: Command): string {
  const [, flag] = /^error: unknown option '([^'=]+)[^']*'\n$/.exec(error) ?? [];
  if (flag === undefined) return error;
  if (/\s/.test(flag) || /^-\d/.test(flag))
    return `${error}(A text that begins with - comes after --, such as: -- '${flag}')\n`;
  if (hubTokens.includes(flag))
    return `${error}(For a token of the Hugging Face Hub, set the variable HF_TOKEN.)\n`;
  const known = options.find(({ long }) => otherNames[long ?? ""]?.includes(flag));
  return known ? `${error}(Did you mean ${known.long}?)\n` : error;
}
