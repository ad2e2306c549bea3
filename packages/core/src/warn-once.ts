import { warn } from "#platform";

const warned = new Set<string>();

/** Warns, unless this process or page has warned with the same code about the same subject. */
export function warnOnce(subject: string, message: string, code: string): void {
  const key = `${code} ${subject}`;
  if (warned.has(key)) return;
  warned.add(key);
  warn(message, code);
}
