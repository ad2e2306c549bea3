import { InvalidArgumentError } from "commander";

/** Parses the value of a flag: a whole number of at least 1. */
export function count(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number of at least 1.");
}

/** Parses several whole numbers of at least 1: `768,256,128`. */
export function counts(text: string): number[] {
  return text.split(",").map((part) => count(part.trim()));
}

/** Parses a whole number of at least 0. */
export function countOrZero(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number.");
}

/** Parses a number above 0. */
export function positive(text: string): number {
  if (Number(text) > 0) return Number(text);
  throw new InvalidArgumentError("It must be a number above 0.");
}
