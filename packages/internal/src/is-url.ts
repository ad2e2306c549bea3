/** Also a `URL` of another realm, such as that of Jest. */
export function isUrl(value: unknown): value is URL {
  const { href, protocol } = (value ?? {}) as Partial<URL>;
  return typeof href === "string" && typeof protocol === "string";
}
