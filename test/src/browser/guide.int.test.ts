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
import { writeFile } from "node:fs/promises";
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
  install(page);
  const blocks = guide.matchAll(/```js\n\/\/ (\S+\.js)\n(.*?)```/gs);
  const files = Object.fromEntries(Array.from(blocks, ([, name, code]) => [name!, code!]));
  // The same page once more, with the worker that keeps vectors. It looks for a GPU.
  const [, load] = /```js\n(async function load.*?)```/s.exec(guide)!;
  files["keeping-worker.js"] = files["keeping-worker.js"]!.replace(/^const loading = .*$/m, load!);
  files["keeping.js"] = files["main.js"]!.replace("embedder-worker", "keeping-worker").replaceAll(
    "document.body.textContent",
    "document.title",
  );
  const scripts = ["main", "keeping"].map((name) => `<script type="module" src="/${name}.js">`);
  files["index.html"] = `<title></title><body>${scripts.join("</script>")}</script>`;
  for (const [name, code] of Object.entries(files)) await writeFile(join(page, name), code);
  const commands = Array.from(guide.matchAll(/^(?:mkdir|cp) .*$/gm), ([command]) => command);
  execFileSync("sh", ["-ec", commands.join("\n")], { cwd: page });
  const vite = join(modules, "vite/bin/vite.js");
  execFileSync(process.execPath, [vite, "build", "--logLevel", "error"], { cwd: page });
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
  expect(elsewhere).toEqual([]);
  await context.close();
  await server.close();
});

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
