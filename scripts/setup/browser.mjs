import { existsSync } from "node:fs";
import { hasDebianPackages, installDebianPackages } from "./debian-packages.mjs";
import { elapsed, report } from "./report.mjs";
import { SetupError } from "./setup-error.mjs";

/**
 * Where systems keep a Chromium or Chrome; a variable of Karma's and Puppeteer's name comes first.
 */
const candidates = [
  process.env.CHROME_BIN,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** The Chromium or Chrome of this machine, if there is one. */
export function findBrowser() {
  return candidates.find((path) => path && existsSync(path));
}

/**
 * Installs Chromium for the tests that run in a browser.
 *
 * @throws {SetupError} with what to do where it cannot be installed
 */
export function provideBrowser() {
  const start = performance.now();
  if (!hasDebianPackages()) {
    throw new SetupError(
      "There is no Chromium or Chrome for the tests that run in a browser.",
      "Install one, or name one in the environment variable CHROME_BIN, then run the command again.",
    );
  }
  installDebianPackages(["chromium"], "run the tests in a browser");
  report(`Chromium installed in ${elapsed(start)}`);
}
