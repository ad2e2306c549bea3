import { readFileSync } from "node:fs";

/** Results of Sentence Transformers for one model. `golden/README.md` describes the format. */
export interface Golden {
  maxTokens: number;
  dimension: number;
  prompts: Record<string, string>;
  defaultPromptName: string | null;
  similarityFunction: string;
  specialTokens: { prefix: number[]; suffix: number[] };
  texts: Record<string, GoldenText>;
  cases: GoldenCase[];
  batches: GoldenBatch[];
  truncated: GoldenTruncation[];
}

export type GoldenText = string | { repeat: string; times: number };

export type EncodeCall = "encode" | "encodeQuery" | "encodeDocument";

interface GoldenCall {
  call: EncodeCall;
  promptName?: string;
  prompt?: string;
}

export interface GoldenCase extends GoldenCall {
  /** Name of a text in {@link Golden.texts}. */
  text: string;
  title?: string;
  /** Number of tokens with prompt and special tokens, before truncation. */
  tokens: number;
  /** Token ids of the model's input. */
  ids: number[];
  vector: string;
}

interface GoldenBatch extends GoldenCall {
  texts: string[];
  vectors: string[];
}

interface GoldenTruncation extends GoldenCall {
  text: string;
  truncateDim: number;
  normalize: boolean;
  vector: string;
}

export function readGolden(name: string): Golden {
  return JSON.parse(readFileSync(new URL(`../../golden/${name}.json`, import.meta.url), "utf8"));
}

export function expandText(text: GoldenText): string {
  return typeof text === "string" ? text : text.repeat.repeat(text.times);
}

/** Decodes base64 of little-endian float32 numbers. */
export function decodeVector(base64: string): Float32Array {
  const bytes = Buffer.from(base64, "base64");
  return Float32Array.from({ length: bytes.length / 4 }, (_, index) =>
    bytes.readFloatLE(4 * index),
  );
}

/** A short description of a case, for a test title. */
export function nameOf({ text, call, title, promptName, prompt }: GoldenCase): string {
  const options = Object.entries({ title, promptName, prompt }).filter(
    ([, value]) => value !== undefined,
  );
  return [call, text, ...options.map(([key, value]) => `${key} ${JSON.stringify(value)}`)].join(
    ", ",
  );
}
