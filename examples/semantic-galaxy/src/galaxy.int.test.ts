import { readFileSync } from "node:fs";
import { unzipSync } from "fflate";
import type { BrowserContext, Download, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GalaxyPage, settled } from "./testing/galaxy-page.ts";

const dentist = "someone who repairs teeth";
const redPlanet = "Which planet is known as the Red Planet?";

let galaxy: GalaxyPage;

beforeAll(async () => {
  galaxy = await GalaxyPage.start();
}, 300_000);

afterAll(async () => {
  await galaxy?.close();
});

describe("a visitor", { timeout: 300_000 }, () => {
  let visitor: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    visitor = await galaxy.visitor(20);
    page = await visitor.newPage();
    await page.goto("/");
    await settled(page);
  }, 300_000);

  afterAll(async () => {
    await visitor?.close();
  });

  test("sees the sample embedded, without any request to another origin", async () => {
    expect(await count()).toBeGreaterThan(60);
    await page.getByRole("img", { name: /^Map of \d+ texts/ }).waitFor();
    await expect.poll(() => page.locator(".label.cluster").count()).toBeGreaterThan(0);
    expect(galaxy.complaints).toEqual([]);
  });

  test("finds a dentist first, and can send the search to somebody", async () => {
    await page.getByRole("button", { name: dentist }).click();
    await expect.poll(() => names()).toHaveLength(10);
    expect((await names())[0]).toBe("dentist");
    await expect.poll(() => new URL(page.url()).searchParams.get("q")).toBe(dentist);
    await expect.poll(() => page.locator(".label.hit").allTextContents()).toContain("dentist");
    await expect
      .poll(() => page.locator("div[role=status]").textContent())
      .toContain("Best: dentist, cosine 0.");
  });

  test("sees what fewer numbers change", async () => {
    const slider = page.getByRole("slider", { name: "Numbers kept" });
    const before = await names();
    await slider.press("End");
    await expect.poll(() => page.locator("#dimension-says").textContent()).toContain("17% of the");
    await expect.poll(names).not.toEqual(before);
    await expect.poll(marks).toBeGreaterThan(0);
    await slider.press("Home");
    await expect.poll(names).toEqual(before);
    await expect.poll(marks).toBe(0);
  });

  test("sees what prompts change", async () => {
    const before = await cosines();
    const prompts = page.getByRole("switch", { name: "Prompts" });
    await prompts.uncheck();
    await expect.poll(cosines).not.toEqual(before);
    await settled(page);
    await expect.poll(names).toHaveLength(10);
    await expect.poll(() => page.locator("#prompts-says").textContent()).toContain("Without");
    await prompts.check();
    await expect.poll(cosines).toEqual(before);
  });

  test("uses the keyboard alone", async () => {
    await page.locator("body").click({ position: { x: 700, y: 400 } });
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await expect.poll(() => new URL(page.url()).search).toBe("");
    await page.keyboard.press("/");
    await page.keyboard.type(dentist);
    await expect.poll(async () => (await names())[0]).toBe("dentist");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    const chosen = page.getByRole("option", { selected: true });
    await expect.poll(() => chosen.getAttribute("id")).toBe("hit-1");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "dentist" }).waitFor();
    const neighbors = page.locator(".neighbors li");
    await expect.poll(() => neighbors.count()).toBe(8);
    await page.keyboard.press("Escape");
    await expect.poll(() => page.getByRole("heading", { name: "dentist" }).count()).toBe(0);
    await page.keyboard.press("Escape");
    await expect.poll(() => page.getByRole("combobox").inputValue()).toBe("");
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await page.getByRole("heading", { name: "What you see" }).waitFor();
    await page.keyboard.press("Escape");
  });

  test("compares two texts", async () => {
    await page.getByRole("button", { name: "Compare" }).click();
    await page.getByLabel("First text").fill("A small red planet.");
    await page.getByLabel("Second text").fill("A small red planet.");
    const shown = page.locator(".cosines .cosine");
    await expect.poll(() => shown.allTextContents()).toEqual(["1.00", "1.00", "1.00", "1.00"]);
    await page.getByLabel("Second text").fill("How to repair a bicycle.");
    await expect.poll(async () => Number((await shown.allTextContents())[0])).toBeLessThan(0.9);
    await page.keyboard.press("Escape");
  });

  test("adds files of each kind and pasted text", async () => {
    const before = await count();
    await page.getByRole("button", { name: "Texts" }).click();
    await page
      .getByLabel("Files")
      .setInputFiles([
        file("a.txt", "My bicycle has a flat tire.\n\nThe chain of my bicycle is rusty."),
        file("b.md", "# Brakes\n\nThe brakes of the bicycle squeal.\n"),
        file("c.csv", "title,text\nSaddle,The saddle is too low.\nBell,The bell rings.\n"),
        file("d.jsonl", '{"text":"The lamp is broken."}\n'),
      ]);
    await expect.poll(count).toBe(before + 6);
    await page.getByLabel(/^Paste/).fill("The pump has lost its valve.");
    await page.getByRole("button", { name: "Embed" }).click();
    await expect.poll(count).toBe(before + 7);
    await page.keyboard.press("Escape");
    await page.getByRole("combobox").fill("squealing brakes of a bicycle");
    await expect.poll(async () => (await names())[0]).toBe("Brakes");
    await page.getByRole("button", { name: "Clear the search" }).click();
  });

  test("finds Mars first among sentences about planets", async () => {
    const before = await count();
    await page.getByRole("button", { name: "Texts" }).click();
    const planets = [
      "Venus is often called Earth's twin because of its similar size and proximity.",
      "Mars, known for its reddish appearance, is often referred to as the Red Planet.",
      "Jupiter, the largest planet in our solar system, has a prominent red spot.",
    ];
    await page.getByLabel(/^Paste/).fill(planets.join("\n"));
    await page.getByRole("button", { name: "Embed" }).click();
    await expect.poll(count).toBe(before + 3);
    await page.keyboard.press("Escape");
    await page.getByRole("combobox").fill(redPlanet);
    await expect.poll(async () => (await names())[0]).toMatch(/^Mars, known/);
    await page.getByRole("button", { name: "Clear the search" }).click();
  });

  test("cancels", async () => {
    const before = await count();
    await page.getByRole("button", { name: "Texts" }).click();
    const many = Array.from({ length: 3_000 }, (_, at) => `Sentence ${at} of a long list.`);
    await page.getByLabel("Files").setInputFiles([file("many.txt", many.join("\n"))]);
    await page.getByRole("button", { name: "Cancel" }).first().click();
    await settled(page);
    expect(await count()).toBeLessThan(before + many.length);
    await page.getByRole("button", { name: "Back to the sample" }).click();
    await expect.poll(count).toBe(before - 10);
    await page.getByLabel(/^Paste/).fill("The pump has lost its valve.");
    await page.getByRole("button", { name: "Embed" }).click();
    await expect.poll(count).toBe(before - 9);
  });

  test("exports JSON, and a folder for FAISS", async () => {
    const all = await count();
    const json = JSON.parse(readFileSync(await exported("JSON"), "utf8"));
    expect(json.texts).toHaveLength(all);
    const files = unzipSync(readFileSync(await exported("FAISS folder")));
    expect(Object.keys(files)).toEqual(
      expect.arrayContaining(["galaxy/faiss.index", "galaxy/docstore.json"]),
    );
    expect(files["galaxy/faiss.index"]!.length).toBeGreaterThan(all * 768 * 4);
  });

  test("finds everything again after a reload", async () => {
    const all = await count();
    await page.goto("/?q=a+pump+without+a+valve");
    await expect.poll(async () => (await names())[0]).toBe("The pump has lost its valve.");
    await settled(page);
    expect(await count()).toBe(all);
  });

  test("sees search and stars only in a frame", async () => {
    await page.goto(`/?embed&q=${encodeURIComponent(dentist)}`);
    await expect.poll(async () => (await names())[0]).toBe("dentist");
    expect(await page.getByRole("navigation").count()).toBe(0);
    const link = page.getByRole("link", { name: "Open the galaxy" });
    expect(await link.getAttribute("href")).toBe(`./?q=${encodeURIComponent(dentist)}`);
  });

  test("starts anew", async () => {
    await page.goto("/");
    await settled(page);
    await page.getByRole("button", { name: "Texts" }).click();
    await page.getByRole("button", { name: "Clear" }).click();
    await page.getByRole("button", { name: /^Remove \d+ texts/ }).click();
    await page.getByRole("heading", { name: "The galaxy is empty" }).waitFor();
  });

  test("sent no request elsewhere in all of this, and saw no error", () => {
    expect(galaxy.complaints).toEqual([]);
  });

  const count = async () =>
    Number((await page.getByText(/^[\d,]+ texts · /).textContent())!.replace(/ .*|,/g, ""));
  /** Without the marks. */
  const names = () =>
    page
      .locator("#hits .name")
      .evaluateAll((all) => all.map(({ firstChild }) => firstChild?.textContent ?? ""));
  /** What fewer numbers or no prompts have moved, brought in or pushed out. */
  const marks = () => page.locator(".change, .left").count();
  const cosines = () => page.locator("#hits .cosine").allTextContents();
  const exported = async (name: string) => {
    const started: Promise<Download> = page.waitForEvent("download");
    await page.getByRole("button", { name, exact: true }).click();
    return (await started).path();
  };
});

test("a model that does not load says so, and the tiny one goes on", {
  timeout: 300_000,
}, async () => {
  const visitor = await galaxy.visitor(400);
  const page = await visitor.newPage();
  await page.goto("/");
  await settled(page);
  await page.getByRole("button", { name: "Model" }).click();
  await page.getByRole("radio", { name: /EmbeddingGemma 300m/ }).check();
  await page.getByText("EmbeddingGemma 300m did not load.").waitFor();
  expect(
    galaxy.complaints.splice(0).every((url) => url.startsWith("https://huggingface.co/")),
  ).toBe(true);
  await page.getByRole("combobox").fill(dentist);
  await page
    .getByRole("option", { name: /dentist/ })
    .first()
    .waitFor();
  await visitor.close();
});

test("of two tabs, the last one keeps the texts, and the first one says so", {
  timeout: 90_000,
}, async () => {
  const visitor = await galaxy.visitor(400);
  const first = await visitor.newPage();
  await first.goto("/");
  await settled(first);
  await expect.poll(() => first.getByRole("alert").textContent()).toBe("");
  const second = await visitor.newPage();
  await second.goto("/");
  await first.getByRole("alert").getByText("another tab, which keeps your texts").waitFor();
  await settled(second);
  await expect.poll(() => second.getByRole("alert").textContent()).toBe("");
  await visitor.close();
});

function file(name: string, content: string) {
  return { name, mimeType: "text/plain", buffer: Buffer.from(content) };
}
