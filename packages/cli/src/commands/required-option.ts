import { type Command, Option } from "commander";

/**
 * An option that must be given. Commander checks its own mandatory options before all else, and
 * would say that one is missing where it is misspelt.
 */
export class RequiredOption extends Option {
  constructor(flags: string, description: string) {
    super(flags, `${description} (required)`);
  }
}

/** Ends a command that lacks an option. */
export function checkRequiredOptions(_program: Command, command: Command): void {
  for (const option of command.options) {
    // A variable that is not set makes it empty: --store "$STORE".
    const isMissing = !command.getOptionValue(option.attributeName());
    if (option instanceof RequiredOption && isMissing)
      command.error(`error: required option '${option.flags}' not specified`);
  }
}
