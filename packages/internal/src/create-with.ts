import {
  type Checker,
  hintOn,
  isObject,
  type Rule,
  rules,
  type UnknownOption,
} from "./check-options.ts";

/**
 * Checks the adapter's own options and passes the others to `create`, which checks them. If it
 * refuses an unknown option, the error suggests or lists the adapter's own options too.
 *
 * @throws `INVALID_ARGUMENT`
 */
export function createWith<T, Others extends object>(
  { checkOptions, invalidArgument }: Checker,
  ownRules: Readonly<Record<string, Rule>>,
  options: object,
  create: (others: Others) => T,
): T {
  if (!isObject(options)) throw invalidArgument("options", options, "an object", hintOn(options));
  const isOwn = ([name]: [string, unknown]) => Object.hasOwn(ownRules, name);
  const entries = Object.entries(options);
  const others = Object.fromEntries(entries.filter((entry) => !isOwn(entry))) as Others;
  checkOptions(Object.fromEntries(entries.filter(isOwn)), ownRules);
  try {
    return create(others);
  } catch (error) {
    const { option, options: known } = detailsOf(error);
    if (option === undefined || known === undefined) throw error;
    const otherRules = Object.fromEntries(known.map((name) => [name, rules.anything]));
    checkOptions({ [option]: options[option] }, { ...ownRules, ...otherRules });
    throw error;
  }
}

function detailsOf(error: unknown): Partial<UnknownOption> {
  return (error as { details?: Partial<UnknownOption> } | null)?.details ?? {};
}
