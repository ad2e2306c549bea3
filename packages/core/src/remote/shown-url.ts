/**
 * A URL as error messages show it: without its query, in which gateways can have a key, and without
 * user name and password.
 */
export function shownUrl(url: string): string {
  return url.replace(/[?#].*$/s, "").replace(/^((?:[a-z][a-z\d+.-]*:)?\/\/|https?:)?[^/]*@/i, "$1");
}
