import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { modelPath } from "@embeddinggemma/tiny-model";
import { afterAll, beforeAll, expect, it } from "vitest";
import { argumentsOf, variablesOf } from "./dockerfile.ts";
import { textOf, yamlOf } from "./files.ts";

const program = fileURLToPath(
  new URL(
    "dist/embeddinggemma-server.js",
    import.meta.resolve("@embeddinggemma/server/package.json"),
  ),
);
const run = promisify(execFile);
let data: string;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "deployment-test-"));
});

afterAll(() => rm(data, { recursive: true }));

it("sets variables that the server reads", async () => {
  const { stdout } = await run(process.execPath, [program, "--help"]);
  const known = Array.from(stdout.matchAll(/\benv:\s+(\w+)/g), ([, name]) => name!);
  expect(known).toContain("MODEL_ID");
  const { template } = yamlOf("kubernetes/base/deployment.yaml").spec;
  const names = [
    ...Object.keys(variablesOf("base")),
    ...Object.keys(variablesOf("with-model")),
    ...Object.keys(yamlOf("compose.yaml").services.server.environment),
    ...template.spec.containers[0].env.map(({ name }: { name: string }) => name),
  ];
  const others = ["NODE_ENV", "HF_HOME", "HF_HUB_OFFLINE"];
  expect(names.filter((name) => ![...known, ...others].includes(name))).toEqual([]);
});

it("starts, passes its health check, has the metrics of the alerts and stops", async () => {
  const port = await freePort();
  const env = {
    PATH: process.env.PATH,
    ...variablesOf("base"),
    HF_HOME: data,
    MODEL_ID: modelPath,
    PORT: String(port),
  };
  const server = spawn(process.execPath, [program], { env, stdio: ["ignore", "pipe", "inherit"] });
  let logs = "";
  server.stdout.on("data", (chunk) => {
    logs += chunk;
  });
  const exit = once(server, "exit");
  await expect(isHealthy(env)).resolves.toBe(false);
  while (server.exitCode === null && !(await isHealthy(env))) await wait(100);
  expect(server.exitCode, logs).toBe(null);

  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const used = Array.from(textOf("alerts.yml").matchAll(/\bte_\w+/g), ([name]) => name);
  expect(used.length).toBeGreaterThan(0);
  for (const name of used) expect(metrics).toContain(`# TYPE ${name.replace(/_bucket$/, "")} `);

  server.kill(argumentsOf("base", "STOPSIGNAL") as NodeJS.Signals);
  expect(await exit).toEqual([0, null]);
  for (const line of logs.trim().split("\n")) expect(JSON.parse(line)).toHaveProperty("msg");
}, 60_000);

/** Runs the HEALTHCHECK of the Dockerfile. */
async function isHealthy(env: NodeJS.ProcessEnv): Promise<boolean> {
  const [node, ...rest] = JSON.parse(argumentsOf("base", "HEALTHCHECK").replace(/^.*?CMD /s, ""));
  expect(node).toBe("node");
  return run(process.execPath, rest, { env }).then(
    () => true,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
