import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { findPages, routeOf } from "../../../docs/.vitepress/site/pages.ts";
import { sectionsOf } from "../../../docs/.vitepress/site/sidebar.ts";
import { launchChromium } from "../browser/chromium.ts";
import { PageServer } from "../browser/page-server.ts";
import { buildSite, readSite } from "./built-site.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 1_200_000 });

const folder = await mkdtemp(join(tmpdir(), "site-"));
const server = new PageServer({ "/": folder });
let origin: string;
let browser: Browser;

beforeAll(async () => {
  await buildSite(folder);
  origin = await server.listen();
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

it("has a target for every link and anchor of every page", async () => {
  const { pages, files } = await readSite(folder);
  expect(pages.size).toBeGreaterThan(200);
  const dead: string[] = [];
  for (const { url, links } of pages.values()) {
    for (const link of links) {
      const target = new URL(link, new URL(url, origin));
      if (target.origin !== origin) continue;
      const path = decodeURIComponent(target.pathname);
      const page = pages.get(path);
      const anchor = decodeURIComponent(target.hash.slice(1));
      const exists = page
        ? anchor === "" || page.anchors.has(anchor)
        : files.has(path) || files.has(`${path}index.html`);
      if (!exists) dead.push(`${url} links to ${link}`);
    }
  }
  expect([...new Set(dead)]).toEqual([]);
});

it("has llms.txt with all pages of the guide, and their Markdown", async () => {
  const listed = await readFile(join(folder, "llms.txt"), "utf8");
  const full = await readFile(join(folder, "llms-full.txt"), "utf8");
  expect(listed).toMatch(/^# embeddinggemma-js\n\n> /);
  for (const { source, title, path, route } of sectionsOf(findPages()).flatMap(
    ({ pages }) => pages,
  )) {
    expect(listed).toContain(`- [${title}](https://`);
    if (source.startsWith("docs/generated/")) continue;
    expect(route).toBe(routeOf(path));
    const markdown = await readFile(join(folder, path), "utf8");
    expect(markdown).toMatch(/^# /);
    expect(markdown.replaceAll(/```.*?```/gs, "")).not.toMatch(/\]\((?!https?:|#|mailto:)/);
    expect(full).toContain(markdown.trim());
  }
});

it("has a sitemap, and a changelog of what is not released", async () => {
  expect(await readFile(join(folder, "sitemap.xml"), "utf8")).toContain("/embed/models</loc>");
  const changes = await readFile(join(folder, "reference/changelog.html"), "utf8");
  expect(changes).toContain('id="next-release"');
});

describe.each([
  ["a wide screen", { width: 1440, height: 900 }],
  ["a narrow screen", { width: 390, height: 844 }],
])("on %s", (screen, viewport) => {
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    page = await browser.newPage({ viewport, colorScheme: "light" });
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") problems.push(message.text());
    });
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(origin) && !/^(data|blob):/.test(url)) problems.push(`asked for ${url}`);
    });
    page.on("response", (response) => {
      if (response.status() >= 400) problems.push(`${response.status()} ${response.url()}`);
    });
  });
  afterAll(() => page.close());

  const open = async (path: string) => {
    await page.goto(origin + path, { waitUntil: "networkidle" });
    const shot = process.env.SITE_SCREENSHOTS;
    const name = `${path.replaceAll(/\W+/g, "-")}${viewport.width}.png`;
    if (shot) await page.screenshot({ path: join(shot, name), fullPage: path === "/" });
  };
  const widthOfContent = () => page.evaluate(() => document.documentElement.scrollWidth);
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

  it.each([
    "/",
    "/embed/models",
    "/packages/core/",
    "/reference/benchmarks",
    "/reference/changelog",
  ])("shows %s without scrolling sideways", async (path) => {
    await open(path);
    expect(await page.locator("h1").first().innerText()).not.toBe("");
    expect(await widthOfContent()).toBe(viewport.width);
  });

  it("opens the galaxy on a click", async () => {
    const own = await browser.newPage({ viewport });
    const asked: URL[] = [];
    own.on("request", (request) => asked.push(new URL(request.url())));
    await own.goto(`${origin}/`, { waitUntil: "networkidle" });
    expect(asked.filter(({ pathname }) => pathname.startsWith("/galaxy/"))).toEqual([]);
    await own.getByRole("button", { name: "Fly through it" }).click();
    const frame = own.frameLocator('iframe[title="The semantic galaxy"]');
    await frame.locator("canvas").first().waitFor();
    const hosts = new Set(asked.map(({ host }) => host).filter((host) => host !== ""));
    expect([...hosts]).toEqual([new URL(origin).host]);
    await own.close();
  });

  it("finds a term", async () => {
    await open("/");
    await page.getByRole("button", { name: "Search" }).first().click();
    await page.locator(".search-input").fill("HF_ENDPOINT");
    await page.locator(".results .result").first().waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.pathname !== "/");
    expect(await page.locator("main").innerText()).toContain("HF_ENDPOINT");
  });

  it("finds guides before the API reference", async () => {
    await open("/");
    await page.getByRole("button", { name: "Search" }).first().click();
    await page.locator(".search-input").fill("searchDimension");
    const first = page.locator(".results .result").first();
    await first.waitFor();
    expect(await first.getAttribute("href")).not.toContain("/reference/api/");
    await page.keyboard.press("Escape");
  });

  it("follows links between pages that are links between files", async () => {
    await open("/embed/models");
    await page.locator("main a", { hasText: "@embeddinggemma/tiny-model" }).first().click();
    await page.waitForURL("**/packages/tiny-model/");
    await page.locator("h1", { hasText: "@embeddinggemma/tiny-model" }).waitFor();
  });

  it("has a dark theme", async () => {
    await open("/embed/models");
    const light = await background();
    if (screen === "a narrow screen") await page.locator(".VPNavBarHamburger").click();
    await page.locator("button.VPSwitchAppearance:visible").first().click();
    expect(await page.evaluate(() => document.documentElement.className)).toContain("dark");
    await expect.poll(background).not.toBe(light);
    await open("/");
  });

  it("asked no other host for anything, and reported no problem", () => {
    expect(problems).toEqual([]);
  });
});
