import type { Dtype } from "../runtime/dtype.ts";

/** The dtype that `dtype: "auto"` takes, and why. */
export interface ResolvedDtype {
  readonly dtype: Dtype;
  /** A line to read, such as `q8: on cpu, the smallest file that …`. */
  readonly reason: string;
}

export interface DtypeQuestion {
  readonly isInBrowser: boolean;
  readonly device?: string | undefined;
  /** dtypes that the model has, as far as is known. */
  readonly available: ReadonlySet<Dtype>;
}

interface Choice {
  /** Best first. */
  readonly order: readonly Dtype[];
  /** Why the first is the best; completes "on <device>, …". */
  readonly reason: string;
}

const q8First: Choice = {
  order: ["q8", "fp32", "q4", "int8", "uint8", "bnb4"],
  reason: "it is as fast as fp32 with a quarter of its download, and nearly as exact",
};

const fp32First: Choice = {
  order: ["fp32", "fp16", "q8", "q4", "int8", "uint8", "q4f16", "bnb4"],
  reason: "quantized files give wrong vectors with some models (transformers.js#1728)",
};

/** The choice for each device, named as in Transformers.js. GPUs of all kinds share one. */
const choices: Readonly<Record<string, Choice>> = { cpu: q8First, wasm: q8First };

/** Every dtype that `"auto"` takes on some device. */
export const autoDtypes: ReadonlySet<Dtype> = new Set([...q8First.order, ...fp32First.order]);

/**
 * The best dtype for a device among those that are available; if none is, the best of all. Only
 * this table decides what `dtype: "auto"` means.
 */
export function resolveDtype({ isInBrowser, device, available }: DtypeQuestion): ResolvedDtype {
  const name = device ?? (isInBrowser ? "wasm" : "cpu");
  const { order, reason } = choices[name] ?? fp32First;
  const best = order[0]!;
  const dtype = order.find((candidate) => available.has(candidate)) ?? best;
  const why = dtype === best ? reason : `the next best after ${best}, which the model lacks`;
  return { dtype, reason: `${dtype}: on ${name}, ${why}` };
}
