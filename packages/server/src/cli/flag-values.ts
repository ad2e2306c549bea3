import { InvalidArgumentError } from "commander";
import { expectedOrigin, isOrigin } from "../http/allowed-origins.ts";

/** A parser of whole numbers. */
export function numberParser(minimum: number, maximum = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= minimum && value <= maximum) return value;
    const range = maximum === Number.MAX_SAFE_INTEGER ? "" : ` and at most ${maximum}`;
    throw new InvalidArgumentError(`It must be a whole number of at least ${minimum}${range}.`);
  };
}

/** Parses origins that commas separate, after those that were given before. */
export function parseOrigins(list: string, previous: readonly string[] = []): string[] {
  const origins = list.split(",").map((origin) => origin.trim());
  const wrong = origins.find((origin) => !isOrigin(origin));
  if (wrong !== undefined)
    throw new InvalidArgumentError(`${wrong || "An empty one"} is not ${expectedOrigin}.`);
  return [...previous, ...origins];
}

/** Parses a number of processes. */
export function parseWorkers(text: string): number | "auto" {
  return text === "auto" ? text : numberParser(0)(text);
}

/** Parses the value of a flag that is on or off. */
export function parseBoolean(text: string): boolean {
  if (/^(true|1)$/i.test(text)) return true;
  if (/^(false|0)$/i.test(text)) return false;
  throw new InvalidArgumentError("It must be true or false.");
}
