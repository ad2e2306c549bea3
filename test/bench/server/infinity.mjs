import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { loadOf } from "./load.mjs";

/**
 * Starts infinity-emb on the CPU.
 *
 * @see https://github.com/michaelfeil/infinity
 */
export async function startInfinity({ infinity, infinityModel, threads, log }) {
  const port = await freePort();
  const child = spawn(
    infinity,
    [
      ...["v2", "--model-id", infinityModel, "--served-model-name", "model"],
      ...["--engine", "torch", "--device", "cpu", "--host", "127.0.0.1", "--port", String(port)],
      ...["--no-model-warmup", "--no-bettertransformer"],
    ],
    {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, OMP_NUM_THREADS: String(threads), HF_HUB_OFFLINE: "1" },
    },
  );
  let output = "";
  child.stderr.on("data", (text) => {
    output = `${output}${text}`.slice(-4000);
  });
  const url = `http://127.0.0.1:${port}`;
  while (!(await fetch(`${url}/health`).catch(() => null))?.ok) {
    if (child.exitCode !== null) throw new Error(`infinity_emb ended: ${output}`);
    await delay(500);
  }
  log("infinity_emb runs");
  return {
    name: "`infinity-emb`, fp32",
    runs: [],
    load: (point) => loadOf({ ...point, url: `${url}/embeddings` }),
    memory: async () => peakMemory(child.pid),
    stop: async () => child.kill("SIGKILL"),
  };
}

/** Most memory that a process has had, on Linux. */
function peakMemory(pid) {
  const [, kilobytes] = readFileSync(`/proc/${pid}/status`, "utf8").match(/VmHWM:\s+(\d+)/);
  return Number(kilobytes) * 1024;
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
