import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, test } from "vitest";
import { GalaxyPage, settled } from "./galaxy-page.ts";

const folder = fileURLToPath(new URL("../../screenshots/", import.meta.url));
const readmePicture = fileURLToPath(new URL("../../../../docs/galaxy.jpg", import.meta.url));

const screens = {
  wide: { width: 1440, height: 900 },
  narrow: { width: 390, height: 844 },
} as const;

let galaxy: GalaxyPage;

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  galaxy = await GalaxyPage.start();
}, 120_000);

afterAll(async () => {
  await galaxy?.close();
});

test("the whole galaxy, on each screen, dark and light", { timeout: 1_200_000 }, async () => {
  const visitor = await galaxy.visitor(1, { deviceScaleFactor: 1.5, colorScheme: "dark" });
  const page = await visitor.newPage();
  await page.setViewportSize({ width: 1440, height: 810 });
  await page.goto("/");
  await page.getByText(/^Embedding 1,/).waitFor({ timeout: 300_000 });
  await page.screenshot({ path: `${folder}coming.png` });
  await settled(page);
  await takeReadmePicture(page);
  for (const [screen, size] of Object.entries(screens)) {
    await page.setViewportSize(size);
    for (const theme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme: theme });
      await takeAll(page, `${folder}${screen}-${theme}`);
    }
  }
  await page.setViewportSize({ width: 600, height: 400 });
  await page.goto("/?embed");
  await page.getByRole("img", { name: /^Map of 3,/ }).waitFor();
  await still(page);
  await page.screenshot({ path: `${folder}embedded.png` });
  await visitor.close();
});

async function takeReadmePicture(page: Page): Promise<void> {
  await search(page, "someone who repairs teeth");
  await still(page);
  await page.getByRole("button", { name: "Show the whole map" }).click();
  await page.mouse.move(0, 0);
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await still(page);
  await page.screenshot({ path: readmePicture, type: "jpeg", quality: 78 });
  await page.getByRole("button", { name: "Clear the search" }).click();
}

async function takeAll(page: Page, prefix: string): Promise<void> {
  const take = async (name: string) => {
    await still(page);
    await page.screenshot({ path: `${prefix}-${name}.png` });
  };
  await take("start");
  await search(page, "someone who repairs teeth");
  await take("searching");
  await page.getByRole("option").nth(1).click();
  await take("card");
  for (const panel of ["Texts", "Compare", "Model", "Help"]) {
    await page.getByRole("button", { name: panel, exact: true }).click();
    await take(panel.toLowerCase());
  }
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("button", { name: "Clear the search" }).click();
}

async function search(page: Page, query: string): Promise<void> {
  await page.getByRole("combobox").fill(query);
  await page.getByRole("option").first().waitFor();
}

/** Until the camera has arrived, and the picture is sharp. */
async function still(page: Page): Promise<void> {
  await page.waitForTimeout(1_500);
}
