import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { endPrograms } from "@embeddinggemma/internal/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { localFlags, type ServerProcess, startServer } from "../testing/program.ts";

/** How many bad requests of a kind are sent. 10,000 pass, too, and take a minute. */
const count = 3000;
/** For kinds that are the same work for the server as another one. */
const fewer = 1000;
/** How many connections send them at the same time. */
const connections = 50;
/** What the process can grow by, in bytes: garbage that is not collected yet, and no more. */
const maxGrowth = 300_000_000;
const timeout = 120_000;

let url: string;
let port: number;
let memoryBefore: number;
let program: ServerProcess;

beforeAll(async () => {
  program = startServer(localFlags);
  url = await program.ready();
  port = Number(new URL(url).port);
  await sendAll(200, '{"inputs":');
  memoryBefore = await memory();
});

afterAll(endPrograms);

describe("bad requests", () => {
  it.each([
    { name: "malformed JSON", times: count, body: '{"inputs": ["a", ' },
    { name: "wrong fields", times: fewer, body: '{"inputs": {"a": [1, null]}}' },
    { name: "deep nesting", times: count, body: "[".repeat(5000) },
    { name: "no UTF-8", times: fewer, body: Buffer.from([0x22, 0xff, 0xfe, 0x80, 0x22]) },
    { name: "many inputs", times: fewer, body: JSON.stringify({ inputs: Array(100).fill("a") }) },
  ])("$times with $name are refused", { timeout }, async ({ body, times }) => {
    const statuses = await sendAll(times, body);
    expect(statuses.size).toBe(1);
    expect([400, 422]).toContain([...statuses.keys()][0]);
    expect([...statuses.values()]).toEqual([times]);
    await expectWell();
  });

  it(`${fewer} with 100 MB are refused before they are sent`, { timeout }, async () => {
    await inParallel(fewer, async () => {
      const socket = await open();
      socket.write(head(100_000_000));
      const [answer] = (await once(socket, "data")) as [Buffer];
      expect(String(answer)).toContain(" 413 ");
      socket.destroy();
    });
    await expectWell();
  });

  it(`${connections} with 100 MB in chunks are refused on the way`, { timeout }, async () => {
    const chunk = Buffer.from(`F4240\r\n${" ".repeat(1_000_000)}\r\n`);
    await inParallel(connections, async () => {
      const socket = await open();
      socket.write(
        "POST /embed HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n" +
          "transfer-encoding: chunked\r\n\r\n",
      );
      const answer = readAll(socket);
      for (let sent = 0; sent < 100 && !socket.closed; sent++) {
        const drained = new Promise((resolve) => socket.once("drain", resolve));
        if (!socket.write(chunk)) await Promise.race([drained, answer]);
      }
      // A client that goes on sending can lose the answer.
      expect(await answer).toMatch(/^$| 413 /);
    });
    await expectWell();
  });

  it(`${count} over connections that break do no harm`, { timeout }, async () => {
    await inParallel(count, async (index) => {
      const socket = await open();
      const request = `${head(20)}{"inputs": "Mars!!"}`;
      socket.write(request.slice(0, index % request.length));
      if (index % 2 === 0) socket.destroy();
      else socket.resetAndDestroy();
    });
    await expectWell();
  });

  it(`${fewer} that are no HTTP do no harm`, { timeout }, async () => {
    await inParallel(fewer, async (index) => {
      const socket = await open();
      socket.end(
        ["\x16\x03\x01\x02\x00", "GET\r\n\r\n", "\0\0\0\0", "PRI * HTTP/2.0\r\n"][index % 4]!,
      );
      socket.resume();
      await Promise.race([once(socket, "close"), wait(500)]);
      socket.destroy();
    });
    await expectWell();
  });

  it(`${fewer} of clients that are slow are ended`, { timeout }, async () => {
    const impatient = startServer([...localFlags, "--request-timeout", "1"]);
    const to = Number(new URL(await impatient.ready()).port);
    const sockets = await Promise.all(Array.from({ length: fewer }, () => open(to)));
    let ended = 0;
    for (const socket of sockets) {
      socket.on("close", () => ended++).resume();
      socket.write(`${head(1000)}{"inputs":`);
    }
    await expect.poll(() => ended, { timeout: 30_000 }).toBe(sockets.length);
    expect(impatient.child.exitCode).toBeNull();
  });
});

/** The server still embeds, and has no more memory than before. */
async function expectWell(): Promise<void> {
  const response = await fetch(`${url}/embed`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ inputs: "Mars" }),
  });
  expect(response.status).toBe(200);
  expect(program.child.exitCode).toBeNull();
  expect((await memory()) - memoryBefore).toBeLessThan(maxGrowth);
}

async function memory(): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]);
}

/** Sends a body many times over a few connections, and counts the statuses of the answers. */
async function sendAll(times: number, body: string | Buffer): Promise<Map<number, number>> {
  const statuses = new Map<number, number>();
  const request = Buffer.concat([Buffer.from(head(Buffer.byteLength(body))), Buffer.from(body)]);
  const ofConnection = times / connections;
  await inParallel(connections, async () => {
    const socket = await open();
    let answers = 0;
    let text = "";
    const done = new Promise<void>((resolve, reject) => {
      socket.on("close", () => reject(new Error(`Closed after ${answers} answers: ${text}`)));
      socket.on("data", (data) => {
        text += String(data);
        for (const [found, status] of text.matchAll(/HTTP\/1\.1 (\d{3}) [^\r]*\r\n/g)) {
          answers++;
          statuses.set(Number(status), (statuses.get(Number(status)) ?? 0) + 1);
          text = text.slice(text.indexOf(found) + found.length);
        }
        if (answers === ofConnection) resolve();
      });
    });
    for (let sent = 0; sent < ofConnection; sent++) socket.write(request);
    await done;
    socket.removeAllListeners("close").destroy();
  });
  return statuses;
}

async function inParallel(times: number, run: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (next < times) await run(next++);
    }),
  );
}

/** All that the server sends until it ends the connection. */
function readAll(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (data) => {
    text += String(data);
  });
  return new Promise((resolve) => socket.on("close", () => resolve(text)));
}

async function open(to = port): Promise<Socket> {
  const socket = connect(to, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

function head(length: number): string {
  return (
    "POST /embed HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n" +
    `content-length: ${length}\r\n\r\n`
  );
}
