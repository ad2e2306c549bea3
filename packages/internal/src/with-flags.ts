/**
 * A message that speaks of options, with the flags of a program in their place.
 *
 * @param flags - flags by the names of options, such as `{ cacheDir: "--cache-dir" }`
 */
export function withFlags(message: string, flags: Readonly<Record<string, string>>): string {
  const options = Object.keys(flags).join("|");
  const flagOf = (_: string, option: string, value?: string) =>
    value === undefined ? flags[option]! : `${flags[option]} ${value}`;
  return message
    .replace(new RegExp(`^(${options})(?= must be )`), (_, option) => flagOf(_, option))
    .replaceAll(new RegExp(`(?:[tT]he option )?\`(${options})(?:: "([^"]*)")?\``, "g"), flagOf)
    .replaceAll(new RegExp(`\\bset (${options}): "([^"]*)"`, "g"), flagOf);
}
