import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * The Redis in `REDIS_URL`, or one that lives as long as this process: a `redis-server` on a free
 * port, with a temporary folder.
 *
 * @returns {Promise<{ url: string, stop(): Promise<void> }>}
 */
export async function startRedis() {
  if (process.env.REDIS_URL) return { url: process.env.REDIS_URL, async stop() {} };
  const folder = await mkdtemp(join(tmpdir(), "fleet-redis-"));
  const port = await freePort();
  // biome-ignore format: a setting a line
  const settings = [
    "--bind", "127.0.0.1",
    "--port", `${port}`,
    "--dir", folder,
    "--save", "", // Jobs stay in memory: they end with this process.
  ];
  // Detached: Ctrl-C reaches only this process, and the workers still need Redis to stop in order.
  const server = spawn("redis-server", settings, {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  const kill = () => server.kill("SIGKILL");
  process.once("exit", kill); // This process ended without `stop`.
  await listening(server);
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      process.off("exit", kill);
      const exited = once(server, "exit");
      server.kill();
      await exited;
      await rm(folder, { recursive: true });
    },
  };
}

/** @param {import("node:child_process").ChildProcess} server */
function listening(server) {
  let log = "";
  return new Promise((resolve, reject) => {
    server.stdout?.setEncoding("utf8").on("data", (text) => {
      log += text;
      if (log.includes("Ready to accept connections")) resolve(undefined);
    });
    server.once("exit", (code) => reject(new Error(`redis-server stopped (${code}):\n${log}`)));
    server.once("error", (cause) => {
      const remedy = "Run `npm run setup -- --redis` in the repository's root, or set REDIS_URL.";
      reject(new Error(`redis-server could not be started. ${remedy}`, { cause }));
    });
  });
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  server.close();
  await once(server, "close");
  return port;
}
