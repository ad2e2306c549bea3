import type { HonoRequest, MiddlewareHandler } from "hono";
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
    const reason = allowed === "*" ? undefined : refusalOf(req, allowed);
    if (reason !== undefined) throw new RequestError("Validation", reason, { status: 403 });
    await next();
  };
}

/** Why a request may not change documents; undefined if it may. */
function refusalOf(req: HonoRequest, allowed: readonly string[]): string | undefined {
  const site = req.header("sec-fetch-site");
  // Behind a proxy, the host can be another one than that of the page.
  if (site === "same-origin" || site === "none") return undefined;
  // Browsers leave the origin out of requests that pages send blindly.
  const page = req.header("origin") ?? originOf(req.header("referer"));
  if (page !== undefined) {
    const isAllowed = isOwn(page, req.header("host")) || allowed.includes(page);
    return isAllowed ? undefined : refusalOfPage(page);
  }
  if (site !== undefined) return refusalOfPage("other sites");
  // Without https, browsers do not say where a GET to another machine comes from.
  return req.method === "GET" && isBrowser(req.header("user-agent")) ? fromAnywhere : undefined;
}

/** PowerShell calls itself so, too. */
function isBrowser(userAgent = ""): boolean {
  return userAgent.startsWith("Mozilla/") && !userAgent.includes("PowerShell/");
}

function refusalOfPage(page: string): string {
  return (
    `Pages of ${page} may not change documents. To allow them, add their origin to ` +
    "--cors-allow-origin."
  );
}

const fromAnywhere =
  "A browser has sent this without saying for which page, so it may not change documents. Use a " +
  "program such as curl, or https.";

function originOf(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) ? new URL(url).origin : undefined;
}

function isOwn(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host;
}
