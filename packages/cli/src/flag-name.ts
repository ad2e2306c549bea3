import { quoted } from "@embeddinggemma/internal/node";

/** `--truncate-dim` for `truncateDim`. */
export function flagName(option: string): string {
  return `--${option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The arguments of a program that set these options; those that are undefined are left out. */
export function argumentsFor(options: object): string[] {
  return Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .flatMap(([name, value]) => [flagName(name), String(value)]);
}

/** {@link argumentsFor}, as they are typed in a shell. */
export function asTyped(options: object): string {
  return argumentsFor(options)
    .map((text) => quoted(text))
    .join(" ");
}
