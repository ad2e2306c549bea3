import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, it, vi } from "vitest";
import type { Application } from "./application.ts";
import { bun } from "./package-managers.ts";
import { setUpApplications } from "./set-up-applications.ts";

// Bundlers can take minutes on a busy machine.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const mars = "Mars is often called the Red Planet.";

const applications = setUpApplications();
let application: Application;

beforeAll(async () => {
  application = applications.create("application", bun);
  await application.install(
    ...["@embeddinggemma/core", "@embeddinggemma/faiss", "@embeddinggemma/tiny-model"],
    ...["next@16.4.6", "react@19.2.0", "react-dom@19.2.0"],
    ...["esbuild@0.28.2", "vite@8.3.8", "webpack@5.113.0"],
  );
  cpSync(fileURLToPath(new URL("bundled", import.meta.url)), application.path(), {
    recursive: true,
  });
});

it("esbuild makes one file for a serverless function", async () => {
  const build = (file: string, format: string, externals: string[]) =>
    application.execute(
      ...["node_modules/esbuild/bin/esbuild", "search.mjs", `--outfile=${file}`],
      ...["--bundle", "--platform=node", `--format=${format}`, "--log-level=error"],
      ...externals.map((name) => `--external:${name}`),
    );
  const native = ["onnxruntime-node", "sharp", "faiss-node", "@embeddinggemma/tiny-model"];
  await build("outside.mjs", "esm", ["@embeddinggemma/*"]);
  await build("inside.mjs", "esm", native);
  await build("inside.cjs", "cjs", native);
  expect(await called("outside.mjs", "inside.mjs", "inside.cjs")).toEqual([mars, mars, mars]);

  const inside = ["inside.mjs", "inside.cjs"];
  const refused = await application.execute(process.execPath, "refused.mjs", ...inside);
  const noProgram = "file:.+/model-worker\\.js does not exist.+mark @embeddinggemma/core.+external";
  const said = {
    worker: expect.stringMatching(`^WORKER_FAILED: .+${noProgram}.+Without \`worker\``),
    faiss: expect.stringMatching(/^ENGINE_UNAVAILABLE: .+Cannot find module 'faiss-node'/),
    thread: expect.stringMatching(
      `^WORKER_FAILED: .+${noProgram}.+Or load the model in the main thread`,
    ),
  };
  expect(JSON.parse(refused)).toEqual([said, said]);
});

it("webpack bundles for Node.js", async () => {
  const script = `require("webpack")(require("./webpack.config.cjs"), (error, stats) => {
    console.log(error ?? stats.toString("errors-warnings"));
  });`;
  const report = "webpack compiled successfully\n"; // No warnings.
  expect(await application.execute(process.execPath, "--eval", script)).toBe(report);
  expect(await called("webpack/search.cjs")).toEqual([mars]);
});

it("Vite bundles for a server, and for a browser without the store", async () => {
  const vite = (...args: string[]) =>
    application.execute(process.execPath, "node_modules/vite/bin/vite.js", "build", ...args);
  await vite("--ssr", "search.mjs", "--outDir", "vite");
  expect(await called("vite/search.mjs")).toEqual([mars]);
  const output = await vite("browser", "--target", "esnext");
  expect(output).toContain("dist/index.html");
  expect(output).not.toContain("externalized for browser compatibility");
  const [script] = await readdir(application.path("browser/dist/assets"));
  const code = await readFile(application.path("browser/dist/assets", script!), "utf8");
  expect(code).toContain("FaissStore needs a file system and does not run in browsers.");
});

it("Next.js embeds and searches in a server component and a route handler", async () => {
  const next = application.path("node_modules/next/dist/bin/next");
  await application.execute(process.execPath, next, "build");
  const flags = ["start", "--hostname", "127.0.0.1", "--port", "0"];
  const server = spawn(process.execPath, [next, ...flags], {
    cwd: application.path(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    let output = "";
    server.stdout.on("data", (text) => {
      output += text;
    });
    const address = /http:\/\/127\.0\.0\.1:\d+/;
    await vi.waitFor(() => expect(output).toMatch(address), 60_000);
    const [url] = output.match(address)!;
    expect(await (await fetch(`${url}/`)).text()).toContain(`<p>${mars}</p>`);
    const answer = await fetch(`${url}/api?question=Which+planet+has+rings%3F`);
    expect(await answer.json()).toBe("Saturn has rings.");
  } finally {
    server.kill();
    await once(server, "exit");
  }
});

/** What the search of each bundle finds. */
async function called(...files: string[]): Promise<unknown> {
  return JSON.parse(await application.execute(process.execPath, "call.mjs", ...files));
}
