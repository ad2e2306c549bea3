import { type Browser, chromium } from "playwright-core";
import { findBrowser } from "../../../scripts/setup/browser.mjs";

/** A headless browser that by itself asks nobody for anything. */
export function launchChromium(): Promise<Browser> {
  const executablePath = findBrowser();
  if (!executablePath) {
    throw new Error(
      "There is no Chromium. Run `node scripts/setup.mjs --browser`, install the system package " +
        "`chromium`, or set CHROME_BIN to the path of Chromium or Chrome.",
    );
  }
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
