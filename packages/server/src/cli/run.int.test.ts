import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Embedder } from "@embeddinggemma/core";
import { freePort } from "@embeddinggemma/internal/testing";
import { modelPath } from "@embeddinggemma/tiny-model";
import { describe, expect, it, vi } from "vitest";
import { parseArguments } from "./arguments.ts";
import { run } from "./run.ts";

describe("run", () => {
  it("serves until SIGTERM", async () => {
    await runAndStop([]);
  });

  it("serves a folder of documents until SIGTERM", async () => {
    const folder = await mkdtemp(join(tmpdir(), "embeddinggemma-run-"));
    await runAndStop(["--store", join(folder, "store")]);
    await rm(folder, { recursive: true });
  });

  it("warns of requests without an answer, and of documents that were not indexed", async () => {
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), "embeddinggemma-run-"));
    const logs = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    try {
      const exitCode = run(
        parseArguments([
          ...["--model-id", modelPath, "--hostname", "127.0.0.1", "--port", String(port)],
          ...["--store", join(folder, "store"), "--shutdown-timeout", "0"],
        ]),
      );
      const url = `http://127.0.0.1:${port}`;
      await untilHealthy(url);
      await fetch(`${url}/add`, { method: "POST", body: '[{ "text": "Mars is red." }]' });
      const socket = connect(port, "127.0.0.1").on("error", () => {});
      const expecting = "expect: 100-continue\r\ncontent-length: 9";
      socket.write(`POST /add HTTP/1.1\r\nhost: localhost\r\n${expecting}\r\n\r\n[`);
      // The server has the request when it answers "100 Continue".
      await once(socket, "data");
      process.emit("SIGTERM");
      expect(await exitCode).toBe(0);
      const log = logs.mock.calls.join("");
      expect(log).toContain(" prompts=those of the model for --store and txtai; else none unless");
      expect(log).toMatch(/ WARN +1 request was not answered within 0 s \(--shutdown-timeout\)/);
      expect(log).toMatch(
        / WARN +1 document was added, but no \/index or \/upsert has saved it; it is lost/,
      );
      expect(log).not.toContain("All requests are answered");
    } finally {
      logs.mockRestore();
      await rm(folder, { recursive: true });
    }
  });

  it("says what to do if its port is taken while the model loads", async () => {
    const port = await freePort();
    const local = ["--hostname", "127.0.0.1", "--port", String(port), "--log-level", "fatal"];
    const other = createServer();
    const load: typeof Embedder.load = async (...model) => {
      await once(other.listen(port, "127.0.0.1"), "listening");
      return await Embedder.load(...model);
    };
    const logs = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    try {
      expect(await run(parseArguments(["--model-id", modelPath, ...local]), { load })).toBe(1);
      const log = logs.mock.calls.join("");
      expect(log).toContain(`error=Port ${port} is in use. Choose another with --port`);
    } finally {
      logs.mockRestore();
      other.close();
    }
  });
});

async function runAndStop(flags: readonly string[]): Promise<void> {
  const port = await freePort();
  const local = ["--hostname", "127.0.0.1", "--port", String(port), "--log-level", "error"];
  const exitCode = run(parseArguments(["--model-id", modelPath, ...local, ...flags]));
  const url = `http://127.0.0.1:${port}`;
  await Promise.race([untilHealthy(url), exitCode]);
  const response = await fetch(`${url}/embed`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ inputs: "Mars is red." }),
  });
  expect(await response.json()).toEqual([expect.any(Array)]);
  process.emit("SIGTERM");
  expect(await exitCode).toBe(0);
  await expect(fetch(url)).rejects.toThrow();
}

async function untilHealthy(url: string): Promise<void> {
  for (let tries = 0; tries < 400 && !(await isHealthy(url)); tries++) await wait(50);
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health`)).ok;
  } catch {
    return false;
  }
}
