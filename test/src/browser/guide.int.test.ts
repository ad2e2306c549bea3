import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "./chromium.ts";
import { PageServer } from "./page-server.ts";

const root = resolve(import.meta.dirname, "../../..");
const [guide] = readFileSync(join(root, "docs/embed/browsers.md"), "utf8").split(
  "\n## Bundling for Node.js\n",
) as [string, string];
const modules = join(root, "node_modules");

let folder: string;
let browser: Browser;

beforeAll(async () => {
  mkdirSync(join(modules, ".cache"), { recursive: true });
  folder = mkdtempSync(join(modules, ".cache/guide-"));
  browser = await launchChromium();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

test("the page of docs/embed/browsers.md needs no other server", { timeout: 90_000 }, async () => {
  const page = join(folder, "page");
  const files = filesOfGuide();
  // The same page once more, with the worker that keeps vectors. It looks for a GPU.
  const [, load] = /```js\n(async function load.*?)```/s.exec(guide)!;
  files["keeping-worker.js"] = files["keeping-worker.js"]!.replace(/^const loading = .*$/m, load!);
  files["keeping.js"] = files["main.js"]!.replace("embedder-worker", "keeping-worker").replaceAll(
    "document.body.textContent",
    "document.title",
  );
  files["search.js"] = searchPage;
  files["index.html"] = htmlWith("main", "keeping", "search");
  await writePage(page, files);
  execFileSync(process.execPath, ["make-search.js"], { cwd: page });
  build(page);
  expect(readdirSync(join(page, "dist/assets")).join()).not.toContain(".wasm");

  const server = new PageServer({ "/": join(page, "dist") });
  const origin = await server.listen();
  const context = await browser.newContext();
  const elsewhere: string[] = [];
  await context.route(
    (url) => url.origin !== origin,
    (route) => {
      elsewhere.push(route.request().url());
      return route.abort();
    },
  );
  const tab = await context.newPage();
  await tab.goto(origin);
  await tab.waitForFunction(() => document.body.textContent?.trim());
  await tab.waitForFunction(() => document.title);
  expect(await tab.textContent("body")).toBe("Mars is often called the Red Planet.");
  expect(await tab.title()).toBe("Mars is often called the Red Planet.");
  expect(await tab.evaluate(keptVectors)).toBe(2);
  const found = async () => {
    await tab.waitForFunction(() => document.body.title);
    return tab.evaluate(() => document.body.title);
  };
  expect(await found()).toBe("Mars is often called the Red Planet.");
  const saved = join(page, "dist/search.json");
  const texts = JSON.parse(await readFile(saved, "utf8"));
  await writeFile(saved, JSON.stringify({ ...texts, identity: "another" }));
  await tab.reload();
  const refusal = await found();
  for (const text of texts.texts) expect(refusal).not.toContain(text);
  expect(elsewhere).toEqual([]);
  await context.close();
  await server.close();
});

test("the page works under a sub-path, with Vite's BASE_URL", { timeout: 60_000 }, async () => {
  const page = join(folder, "sub-path");
  const files = filesOfGuide();
  const inBase = (path: string) => guide.match(`\`\`( .\\$\\{import\\S+}${path}. )\`\``)![1]!;
  for (const [file, path] of [
    ["embedder-worker.js", "models/tiny/"],
    ["runtime.js", "ort/ort-wasm-simd-threaded"],
  ] as const)
    files[file] = files[file]!.replace(`"/${path}"`, inBase(path));
  files["index.html"] = htmlWith("main");
  await writePage(page, files);
  build(page, "--base", "/help/");
  const server = new PageServer({ "/help/": join(page, "dist") });
  const context = await browser.newContext();
  const tab = await context.newPage();
  await tab.goto(`${await server.listen()}/help/`);
  await tab.waitForFunction(() => document.body.textContent?.trim());
  expect(await tab.textContent("body")).toBe("Mars is often called the Red Planet.");
  await context.close();
  await server.close();
});

test("the page opens without a network on the third visit", { timeout: 60_000 }, async () => {
  const page = join(folder, "offline");
  const files = filesOfGuide();
  const [, register] = /`(navigator\.serviceWorker\S+)`/.exec(guide)!;
  files["main.js"] = `${files["main.js"]}${register!}`;
  files["index.html"] = htmlWith("main");
  await writePage(page, files);
  build(page);
  const server = new PageServer({ "/": join(page, "dist") });
  const context = await browser.newContext();
  const tab = await context.newPage();
  const visit = async () => {
    await tab.waitForFunction(() => document.body.textContent?.trim());
    expect(await tab.textContent("body")).toBe("Mars is often called the Red Planet.");
  };
  await tab.goto(await server.listen());
  await visit();
  await tab.evaluate(async () => void (await navigator.serviceWorker.ready));
  await tab.reload();
  await visit();
  const kept = await tab.evaluate(async () =>
    (await (await caches.open("page-1")).keys()).map(({ url }) => new URL(url).pathname),
  );
  expect(kept).toContain("/ort/ort-wasm-simd-threaded.wasm");
  expect(kept.join()).not.toContain("/models/");
  await server.close();
  await tab.reload();
  await visit();
  await context.close();
});

test("the service worker keeps no page from working", { timeout: 60_000 }, async () => {
  const page = join(folder, "full");
  const files = filesOfGuide();
  const [, register] = /`(navigator\.serviceWorker\S+)`/.exec(guide)!;
  files["main.js"] = `${files["main.js"]}${register!.replace("/sw.js", "/help/sw.js")}`;
  files["embedder-worker.js"] = files["embedder-worker.js"]!.replace("/models/", "/help/models/");
  files["runtime.js"] = files["runtime.js"]!.replace("/ort/", "/help/ort/");
  files["index.html"] = htmlWith("main");
  await writePage(page, files);
  build(page, "--base", "/help/");
  const server = new PageServer({ "/help/": join(page, "dist") });
  const origin = await server.listen();
  const context = await browser.newContext();
  const tab = await context.newPage();
  const session = await context.newCDPSession(tab);
  await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 3e6 });
  for (let visit = 0; visit < 3; visit++) {
    await tab.goto(`${origin}/help/`);
    await tab.waitForFunction(() => document.body.textContent?.trim());
    expect(await tab.textContent("body")).toBe("Mars is often called the Red Planet.");
    await tab.evaluate(async () => void (await navigator.serviceWorker.ready));
  }
  const part = await tab.evaluate(async () => {
    const response = await fetch("index.html", { headers: { range: "bytes=0-1" } });
    return response.ok;
  });
  expect(part).toBe(true);
  const kept = await tab.evaluate(async () => {
    const lists = (await caches.keys()).map(async (name) => {
      const urls = (await (await caches.open(name)).keys()).map(({ url }) => url);
      return name.startsWith("page-") ? urls : [];
    });
    return (await Promise.all(lists)).flat();
  });
  expect(kept.join()).not.toContain("/models/");
  await context.close();
  await server.close();
});

/** The files of the guide by name. */
function filesOfGuide(): Record<string, string> {
  const blocks = guide.matchAll(/```js\n\/\/ (\S+\.js)\n(.*?)```/gs);
  return Object.fromEntries(Array.from(blocks, ([, name, code]) => [name!, code!]));
}

function htmlWith(...scripts: readonly string[]): string {
  const elements = scripts.map((name) => `<script type="module" src="/${name}.js"></script>`);
  return `<title></title><body>${elements.join("")}`;
}

/** Writes the files, and runs the commands of the guide that copy others. */
async function writePage(page: string, files: Readonly<Record<string, string>>): Promise<void> {
  install(page);
  mkdirSync(join(page, "public"));
  for (const [name, code] of Object.entries(files)) await writeFile(join(page, name), code);
  const commands = Array.from(guide.matchAll(/^(?:mkdir|cp) .*$/gm), ([command]) => command);
  execFileSync("sh", ["-ec", commands.join("\n")], { cwd: page });
}

function build(page: string, ...options: readonly string[]): void {
  const vite = join(modules, "vite/bin/vite.js");
  const command = [vite, "build", "--logLevel", "error", ...options];
  execFileSync(process.execPath, command, { cwd: page });
}

/** A page that uses `search-worker.js`. */
const searchPage = `
  const worker = new Worker(new URL("search-worker.js", import.meta.url), { type: "module" });
  worker.addEventListener("message", ({ data: { ready, found, error } }) => {
    if (!ready) document.body.title = error ?? found[0].text;
  });
  worker.postMessage({ question: "Which planet is known as the Red Planet?" });
`;

/** How many vectors are in IndexedDB. */
async function keptVectors(): Promise<number> {
  const opening = indexedDB.open("level-js-vectors");
  await new Promise((resolve) => opening.addEventListener("success", resolve));
  const counting = opening.result.transaction("vectors").objectStore("vectors").count();
  await new Promise((resolve) => counting.addEventListener("success", resolve));
  return counting.result;
}

/** Links packages as npm installs them. The core is a copy, which finds those beside it. */
function install(page: string): void {
  const transformers = "transformers-v4"; // which npm installs
  const runtime = createRequire(createRequire(import.meta.url).resolve(transformers)).resolve(
    "onnxruntime-web",
  );
  const packages = {
    vite: join(modules, "vite"),
    "@embeddinggemma/tiny-model": join(modules, "@embeddinggemma/tiny-model"),
    "@huggingface/transformers": join(modules, transformers),
    "onnxruntime-web": dirname(dirname(runtime)),
    "browser-level": join(modules, "browser-level"),
    events: join(modules, "events"),
  };
  for (const [name, path] of Object.entries(packages)) {
    const link = join(page, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(path, link, "junction");
  }
  const core = join(page, "node_modules/@embeddinggemma/core");
  for (const file of ["package.json", "dist"])
    cpSync(join(root, "packages/core", file), join(core, file), { recursive: true });
}
