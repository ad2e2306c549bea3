import { type Checker, isRecord, type Rule } from "./check-options.ts";

/**
 * Checks the adapter's own options and passes the others to `create`, which checks them. If it
 * refuses an unknown option, its "Did you mean" can name one of the adapter's own options too.
 *
 * @throws `INVALID_ARGUMENT`
 */
export function createWith<T, Others extends object>(
  { checkOptions, invalidArgument }: Checker,
  ownRules: Readonly<Record<string, Rule>>,
  options: object,
  create: (others: Others) => T,
): T {
  if (!isRecord(options) || Array.isArray(options))
    throw invalidArgument("options", options, "an object");
  const isOwn = ([name]: [string, unknown]) => Object.hasOwn(ownRules, name);
  const entries = Object.entries(options);
  const others = Object.fromEntries(entries.filter((entry) => !isOwn(entry))) as Others;
  checkOptions(Object.fromEntries(entries.filter(isOwn)), ownRules);
  try {
    return create(others);
  } catch (error) {
    if (!(error instanceof Error && error.message.includes("Did you mean"))) throw error;
    const { details } = error as { details?: { option: string; nearest: string } };
    if (!details) throw error;
    const { option, nearest } = details;
    checkOptions({ [option]: options[option] }, { ...ownRules, [nearest]: anything });
    throw error;
  }
}

const anything: Rule = { expected: "anything", accepts: () => true };
