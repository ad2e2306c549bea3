import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, test } from "vitest";
import { GalaxyPage, settled } from "./galaxy-page.ts";

const folder = fileURLToPath(new URL("../../screenshots/", import.meta.url));
const readmePicture = fileURLToPath(new URL("../../../../docs/galaxy.jpg", import.meta.url));

const screens = {
  wide: { viewport: { width: 1440, height: 900 }, deviceScaleFactor: 1 },
  narrow: {
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    hasTouch: true,
    isMobile: true,
  },
} as const;

let galaxy: GalaxyPage;

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  galaxy = await GalaxyPage.start();
}, 120_000);

afterAll(async () => {
  await galaxy?.close();
});

for (const [screen, options] of Object.entries(screens)) {
  test(`${screen}, dark and light`, { timeout: 600_000 }, async () => {
    const visitor = await galaxy.visitor(4, options);
    const page = await visitor.newPage();
    await page.goto("/");
    await settled(page);
    for (const theme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme: theme });
      const take = async (name: string) => {
        await still(page);
        await page.screenshot({ path: `${folder}${screen}-${theme}-${name}.png` });
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
    await visitor.close();
  });
}

test("the README's picture", { timeout: 600_000 }, async () => {
  const viewport = { width: 1440, height: 810 };
  const visitor = await galaxy.visitor(4, {
    viewport,
    deviceScaleFactor: 1.5,
    colorScheme: "dark",
  });
  const page = await visitor.newPage();
  await page.goto("/");
  await settled(page);
  await search(page, "the fear before an exam");
  await still(page);
  await page.screenshot({ path: readmePicture, type: "jpeg", quality: 78 });
  await visitor.close();
});

async function search(page: Page, query: string): Promise<void> {
  await page.getByRole("combobox").fill(query);
  await page.getByRole("option").first().waitFor();
}

/** Until the camera has arrived, and the picture is sharp. */
async function still(page: Page): Promise<void> {
  await page.waitForTimeout(1_500);
}
