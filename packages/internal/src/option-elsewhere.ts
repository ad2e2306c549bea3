import { type Checker, isRecord, type UnknownOption } from "./check-options.ts";

/** What may take an option that was given to something else. */
export interface Elsewhere {
  /** Creates it with one option. Throws the error for an unknown option if it has no such one. */
  readonly create: (options: object) => unknown;
  /** Where the option belongs. */
  readonly advice: (option: string) => string;
}

/**
 * Explains the error for an unknown option that belongs elsewhere.
 *
 * @returns the error to throw; the same one for any other error
 */
export function explainElsewhere(
  { invalidArgument }: Checker,
  error: unknown,
  options: unknown,
  { create, advice }: Elsewhere,
): unknown {
  const option = unknownOptionOf(error);
  if (option === undefined || !isRecord(options)) return error;
  try {
    create({ [option]: options[option] });
  } catch (refusal) {
    if (unknownOptionOf(refusal) === option) return error;
  }
  return invalidArgument(option, options[option], "left out here", advice(option));
}

function unknownOptionOf(error: unknown): string | undefined {
  return (error as { details?: Partial<UnknownOption> } | null)?.details?.option;
}
