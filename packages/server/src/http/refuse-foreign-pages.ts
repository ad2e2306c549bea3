import type { MiddlewareHandler } from "hono";
import { RequestError } from "./request-error.ts";

/**
 * Refuses requests that a page of another origin has made a browser send. Without this, any page
 * that somebody opens could change what the server keeps: the browser hides the answer from it, but
 * sends the request. A GET that a page sends blindly to another machine without https says nothing
 * of the page, so it passes.
 *
 * @param allowed - the origins that CORS allows; `*` for all
 * @see https://owasp.org/www-community/attacks/csrf
 */
export function refuseForeignPages(allowed: "*" | readonly string[] = []): MiddlewareHandler {
  return async ({ req }, next) => {
    const origin = req.header("origin");
    const site = req.header("sec-fetch-site");
    // Browsers leave the origin out of requests that pages send blindly. Behind a proxy, the host
    // can be another one than that of the page.
    const isForeign =
      site === "same-origin" || site === "none"
        ? false
        : origin === undefined
          ? site !== undefined
          : !isOwn(origin, req.header("host")) && !allowed.includes(origin);
    if (isForeign && allowed !== "*")
      throw new RequestError(
        "Validation",
        `Pages of ${origin ?? "other sites"} may not change documents. To allow them, add their ` +
          "origin to --cors-allow-origin.",
        { status: 403 },
      );
    await next();
  };
}

function isOwn(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host;
}
