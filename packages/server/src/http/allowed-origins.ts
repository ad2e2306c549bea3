/** Stands for all origins. */
const all = "*";

/** Origins as browsers send them, in the form that `hono/cors` takes; undefined for none. */
export function allowedOrigins(
  origins: string | readonly string[] | undefined,
): "*" | string[] | undefined {
  if (origins === undefined) return undefined;
  const list = [origins].flat();
  return list.includes(all) ? all : list.map((origin) => originOf(origin) ?? origin);
}

/** Whether an entry of `corsAllowOrigin` can be the origin of a page. */
export function isOrigin(text: string): boolean {
  return text === all || originOf(text) !== undefined;
}

/** What such an entry must be, for messages. */
export const expectedOrigin = `an origin, such as "https://example.com", or "${all}" for all`;

/**
 * The `Origin` header of a page: in lower case, without a slash at the end, and without the port
 * that its scheme has by default. Pages of files send "null".
 */
function originOf(text: string): string | undefined {
  if (text === "null") return text;
  if (!URL.canParse(text)) return undefined;
  const { protocol, host, username, pathname, search, hash } = new URL(text);
  if (host === "" || host.includes("*")) return undefined;
  const isBare = username + search + hash === "" && ["", "/"].includes(pathname);
  return isBare ? `${protocol}//${host}` : undefined;
}
