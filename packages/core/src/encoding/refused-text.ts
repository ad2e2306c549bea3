/** Thrown for a batch that failed because of one of its texts. The others can be embedded. */
export class RefusedText extends Error {
  /** Index of the text in the batch. */
  readonly row: number;
  /** The error for the caller, who knows the text by its index in the input. */
  readonly errorAt: (index: number) => Error;

  constructor(row: number, errorAt: (index: number) => Error) {
    super(errorAt(row).message);
    this.row = row;
    this.errorAt = errorAt;
  }
}

/**
 * An error for the caller of a method that took its texts from another list.
 *
 * @param rowOf - index in that list of a text that was refused
 */
export function withRow(error: unknown, rowOf: (row: number) => number): unknown {
  return error instanceof RefusedText ? new RefusedText(rowOf(error.row), error.errorAt) : error;
}

/**
 * An error for the user.
 *
 * @param indexOf - index in the user's input of a text that was refused
 */
export function withIndex(error: unknown, indexOf: (row: number) => number): unknown {
  return error instanceof RefusedText ? error.errorAt(indexOf(error.row)) : error;
}
