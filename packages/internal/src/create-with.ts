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
 * @param withheld - options that callers cannot set, since the adapter does, and advice about them
 * @throws `INVALID_ARGUMENT`
 */
export function createWith<T, Others extends object>(
  { checkOptions, invalidArgument }: Checker,
  ownRules: Readonly<Record<string, Rule>>,
  options: object,
  create: (others: Others) => T,
  withheld: { readonly names: readonly string[]; readonly hint?: string } = { names: [] },
): T {
  if (!isObject(options)) throw invalidArgument("options", options, "an object", hintOn(options));
  const set = withheld.names.find((name) => options[name] !== undefined);
  if (set !== undefined) throw invalidArgument(set, options[set], "left out here", withheld.hint);
  const isOwn = ([name]: [string, unknown]) => Object.hasOwn(ownRules, name);
  const entries = Object.entries(options);
  const others = Object.fromEntries(entries.filter((entry) => !isOwn(entry))) as Others;
  checkOptions(Object.fromEntries(entries.filter(isOwn)), ownRules);
  try {
    return create(others);
  } catch (error) {
    const { option, options: known } = detailsOf(error);
    if (option === undefined || known === undefined) throw error;
    const others = known.filter((name) => !withheld.names.includes(name));
    const otherRules = Object.fromEntries(others.map((name) => [name, rules.anything]));
    checkOptions({ [option]: options[option] }, { ...ownRules, ...otherRules });
    throw error;
  }
}

function detailsOf(error: unknown): Partial<UnknownOption> {
  return (error as { details?: Partial<UnknownOption> } | null)?.details ?? {};
}
