import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { build } from "vite";
import { launchChromium } from "../../../../test/src/browser/chromium.ts";
import { PageServer } from "../../../../test/src/browser/page-server.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The built page, served to a real browser that reaches nothing else. */
export class GalaxyPage {
  /** Requests to other origins, and errors of pages. */
  readonly complaints: string[] = [];
  readonly #folder: string;
  readonly #browser: Browser;
  readonly #server: PageServer;
  readonly #origin: string;

  private constructor(folder: string, browser: Browser, server: PageServer, origin: string) {
    this.#folder = folder;
    this.#browser = browser;
    this.#server = server;
    this.#origin = origin;
  }

  static async start(): Promise<GalaxyPage> {
    const folder = mkdtempSync(join(tmpdir(), "semantic-galaxy-"));
    await build({ root, logLevel: "error", build: { outDir: folder, emptyOutDir: true } });
    const server = new PageServer({ "/": folder });
    return new GalaxyPage(
      folder,
      await launchChromium({ webgl: true }),
      server,
      await server.listen(),
    );
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.#server.close();
    rmSync(this.#folder, { recursive: true });
  }

  /**
   * A visitor with a browser profile of their own.
   *
   * @param every - takes only each `every`th text of the sample, and the dentist
   */
  async visitor(every: number, options: BrowserContextOptions = {}): Promise<BrowserContext> {
    const context = await this.#browser.newContext({
      baseURL: this.#origin,
      viewport: { width: 960, height: 640 },
      reducedMotion: "reduce",
      ...options,
    });
    context.setDefaultTimeout(120_000);
    await context.route(
      (url) => url.origin !== this.#origin,
      (route) => {
        this.complaints.push(route.request().url());
        return route.abort();
      },
    );
    await context.route("**/*.tsv", (route) => route.fulfill({ body: sample(every) }));
    context.on("weberror", (error) => this.complaints.push(String(error.error())));
    return context;
  }
}

/** Until all texts are embedded and placed; between two steps, the page may be idle shortly. */
export async function settled(page: Page): Promise<void> {
  const idle = page.getByText(/^[\d,]+ texts · /);
  for (let calm = 0; calm < 2; ) {
    await idle.waitFor({ timeout: 400_000 });
    await page.waitForTimeout(250);
    calm = (await idle.isVisible()) ? calm + 1 : 0;
  }
}

function sample(every: number): string {
  const lines = readFileSync(join(root, "data/sample.tsv"), "utf8").trimEnd().split("\n");
  const kept = lines.filter((line, index) => index % every === 0 || line.startsWith("dentist\t"));
  return `${kept.join("\n")}\n`;
}
