import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Queue, QueueEvents } from "bullmq";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startDatabase } from "./database.mjs";
import { readDocuments } from "./documents.mjs";
import { loadEmbedder } from "./embedder.mjs";
import { queueName, redisConnection, retries } from "./queue.mjs";
import { startRedis } from "./redis.mjs";
import { runRound } from "./round.mjs";
import { openStore } from "./stores/store.mjs";

const main = fileURLToPath(new URL("main.mjs", import.meta.url));
const { Client } = createRequire(import.meta.url)("pg"); // Its types are a package of their own.
const env = { ...process.env, NODE_OPTIONS: "" };

let redis: Awaited<ReturnType<typeof startRedis>>;
let database: Awaited<ReturnType<typeof startDatabase>>;
let embedder: Awaited<ReturnType<typeof loadEmbedder>>;

beforeAll(async () => {
  process.execArgv = []; // The workers use the built packages, as main.mjs does.
  [redis, database, embedder] = await Promise.all([startRedis(), startDatabase(), loadEmbedder()]);
}, 120_000);

afterAll(async () => {
  await Promise.all([redis.stop(), database.stop(), embedder.dispose()]);
});

/** The rows that a store has written. */
async function readRows(sql: string): Promise<{ key: string; text: string; vector: string }[]> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

it.each([
  { store: "langchain" as const, vector: "embedding", text: "text" },
  { store: "llamaindex" as const, vector: "embeddings", text: "document" },
])(
  "loses and doubles nothing when workers of $store are killed",
  async (columns) => {
    const { store } = columns;
    await (await openStore(store, embedder, database.url)).createTable();
    const queue = new Queue(queueName(store, embedder), {
      connection: redisConnection(redis.url),
      defaultJobOptions: retries,
    });
    const documents = [...readDocuments(480)];
    const events = new QueueEvents(queue.name, { connection: redisConnection(redis.url) });
    await events.waitUntilReady();
    const stalled = new Set<string>();
    events.on("stalled", ({ jobId }) => stalled.add(jobId));

    const deaths: string[] = [];
    let jobsDone = 0;
    const round = await runRound(queue, documents, {
      workers: 2,
      args: ["--store", store, "--threads", "1"],
      env: { ...env, REDIS_URL: redis.url, DATABASE_URL: database.url },
      onProgress: ({ completed }) => {
        jobsDone = completed;
      },
      onDeath: (_pid, reason) => deaths.push(reason),
      onStart: async ({ pids }) => {
        // At random moments, whatever the worker is doing then.
        for (const done of [1, 5, 10]) {
          while (jobsDone < done) await sleep(20);
          await sleep(Math.random() * 100);
          const running = pids();
          process.kill(running[Math.floor(Math.random() * running.length)]!, "SIGKILL");
        }
      },
    });
    await Promise.all([queue.close(), events.close()]);
    expect(round.jobs).toBe(15);
    expect(deaths).toEqual(Array(3).fill("SIGKILL"));
    expect(stalled.size).toBeGreaterThan(0); // Jobs of dead workers were done by others.

    const rows = await readRows(
      `SELECT metadata->>'key' AS key, ${columns.text} AS text, ${columns.vector}::text AS vector
     FROM fleet_${store}`,
    );
    const rowOf = new Map(rows.map((row) => [row.key, row]));
    expect([rows.length, rowOf.size]).toEqual([documents.length, documents.length]);
    const direct = await embedder.encodeDocument(
      documents.map(({ title, text }) => ({ title, text })),
    );
    let largestDifference = 0;
    for (const [index, { key, text }] of documents.entries()) {
      const row = rowOf.get(key)!;
      expect(row.text).toBe(text);
      const stored: number[] = JSON.parse(row.vector);
      expect(stored).toHaveLength(embedder.dimension);
      for (const [position, value] of direct[index]!.entries())
        largestDifference = Math.max(largestDifference, Math.abs(value - stored[position]!));
    }
    expect(largestDifference).toBeLessThan(1e-5); // Batches of other shapes round differently.
  },
  240_000,
);

it("shows the rate of each number of workers, and finds what was embedded", async () => {
  const args = [main, "--documents", "100", "--workers", "1,2", "--store", "llamaindex"];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env });
  expect(stdout).toMatch(/documents a second\n +1 +\d+ +\d+\n +2 +\d+ +\d+\n/);
  expect(stdout).toMatch(/Which consignment.*\n {2}Consignment \d+: \d+ crates of coffee/);
  expect(stderr).toBe("");
}, 180_000);

it("stops its workers and its Redis when it is interrupted", async () => {
  const args = [main, "--documents", "100000", "--workers", "2"];
  const child = spawn(process.execPath, args, {
    env: { ...env, DATABASE_URL: database.url },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    output += text;
  });
  const found = () =>
    output.match(/Redis on 127\.0\.0\.1:(\d+).*Worker processes: (\d+), (\d+)\n/s);
  while (!found()) await sleep(50);
  const [redisPort, ...pids] = found()!.slice(1).map(Number);
  await sleep(1000); // The workers are at work.
  child.kill("SIGINT");
  const [code] = await once(child, "exit");
  expect(code).toBe(130);
  expect(output).toContain("Stopped by SIGINT.");
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  await expect(once(connect(redisPort!), "connect")).rejects.toThrow("ECONNREFUSED");
}, 120_000);

it("takes the model that the environment names", async () => {
  const failing = { ...env, EMBEDDINGGEMMA_MODEL: "./no/such/model" };
  await expect(promisify(execFile)(process.execPath, [main], { env: failing })).rejects.toThrow(
    "no/such/model",
  );
}, 60_000);
