/** Formats a value for an error message: short, and in quotes if it is a string. */
export function show(value: unknown): string {
  if (typeof value === "string") {
    const text = JSON.stringify(value);
    return text.length > 80 ? `${text.slice(0, 77)}…"` : text;
  }
  if (typeof value === "function") return "a function";
  if (typeof value === "bigint") return `${value}n`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null)
    return `an object (${value.constructor?.name ?? "no prototype"})`;
  return String(value);
}

/** Whether something is an error, also one of another realm, as those of Node are for Jest. */
export function isError(value: unknown): value is Error & { readonly code?: unknown } {
  return typeof value === "object" && value !== null && "message" in value && "stack" in value;
}

/** The message of anything thrown. Some builds of ONNX Runtime throw bare numbers. */
export function reasonOf(error: unknown): string {
  return isError(error) ? error.message : String(error);
}

/** {@link reasonOf} as a sentence, or the end of one. Some messages have a period, others none. */
export function sentenceOf(error: unknown): string {
  const reason = reasonOf(error).trim();
  return /[.!?…]$/.test(reason) ? reason : `${reason}.`;
}
