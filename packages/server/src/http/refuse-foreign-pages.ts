import type { MiddlewareHandler } from "hono";
import { RequestError } from "./request-error.ts";

/**
 * Refuses requests that a page of another origin has made a browser send. Without this, any page
 * that somebody opens could change what the server keeps: the browser hides the answer from it, but
 * sends the request.
 *
 * @param allowed - the origins that CORS allows; `*` for all
 * @see https://owasp.org/www-community/attacks/csrf
 */
export function refuseForeignPages(allowed: "*" | readonly string[] = []): MiddlewareHandler {
  return async ({ req }, next) => {
    const origin = req.header("origin");
    const site = req.header("sec-fetch-site");
    // A browser leaves the origin out of requests that pages send blindly.
    const isForeign =
      origin === undefined
        ? site === "cross-site" || site === "same-site"
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
