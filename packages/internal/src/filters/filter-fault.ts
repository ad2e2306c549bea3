/** The advice for what no filter can say. */
export const inexpressible = Symbol("inexpressible");

/** What is wrong with a filter: an argument is not what was expected. */
export class FilterFault extends Error {
  readonly argument: string;
  readonly value: unknown;
  /** Completes the sentence "<argument> must be …". */
  readonly expected: string;
  readonly advice: string | typeof inexpressible | undefined;

  constructor(
    argument: string,
    value: unknown,
    expected: string,
    advice?: string | typeof inexpressible,
  ) {
    super(`${argument} must be ${expected}`);
    this.argument = argument;
    this.value = value;
    this.expected = expected;
    this.advice = advice;
  }
}
