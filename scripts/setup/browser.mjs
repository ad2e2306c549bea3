import { existsSync } from "node:fs";
import { hasDebianPackages, installDebianPackages } from "./debian-packages.mjs";
import { elapsed, report } from "./report.mjs";
import { SetupError } from "./setup-error.mjs";

/** `CHROME_BIN`, which Karma also uses, and the paths where systems install Chromium or Chrome. */
const candidates = [
  process.env.CHROME_BIN,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** Path of Chromium or Chrome on this machine; undefined if it is not installed. */
export function findBrowser() {
  return candidates.find((path) => path && existsSync(path));
}

/**
 * Installs Chromium for the tests that run in a browser.
 *
 * @throws {SetupError} that says what to do if it cannot be installed
 */
export function provideBrowser() {
  const start = performance.now();
  if (!hasDebianPackages()) {
    throw new SetupError(
      "the browser tests need Chromium or Chrome, which is not installed.",
      "Install one, or set the environment variable CHROME_BIN to its path, then run the command " +
        "again.",
    );
  }
  installDebianPackages(["chromium"], "run the tests in a browser");
  report(`Chromium installed in ${elapsed(start)}`);
}
