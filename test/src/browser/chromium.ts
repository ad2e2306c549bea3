import { type Browser, chromium } from "playwright-core";
import { findBrowser } from "../../../scripts/setup/browser.mjs";

/** A name of this machine that browsers do not trust as they trust localhost. */
export const otherHost = "other.test";

/**
 * Starts a headless browser that makes no requests of its own.
 *
 * @param options - `webgl`: whether pages can draw with WebGL, which runs without a GPU then
 */
export function launchChromium({ webgl = false } = {}): Promise<Browser> {
  const executablePath = findBrowser();
  if (!executablePath) {
    throw new Error(
      "The browser tests need Chromium or Chrome, which is not installed. Run " +
        "`node scripts/setup.mjs --browser`, install the system package `chromium`, or set " +
        "CHROME_BIN to the path of Chromium or Chrome.",
    );
  }
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      `--host-resolver-rules=MAP ${otherHost} 127.0.0.1`,
      ...(webgl ? ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"] : ["--disable-gpu"]),
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
