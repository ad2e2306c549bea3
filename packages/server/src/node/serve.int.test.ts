import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { Embedder } from "@embeddinggemma/core";
import { modelPath } from "@embeddinggemma/tiny-model";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ServerMetrics } from "../metrics/server-metrics.ts";
import type { RequestReport } from "../reports/request-report.ts";
import { serve } from "../serve.ts";
import type { ServeOptions } from "./serve-options.ts";

let embedder: Embedder;

beforeAll(async () => {
  // In a process of its own, so that clients and server of a test run while a text is embedded.
  // More threads would only take the processor from the tests of other packages.
  embedder = await Embedder.load(modelPath, { worker: true, threads: 1 });
});

afterAll(() => embedder.dispose());

const longTexts = Array.from({ length: 32 }, (_, index) => `Text ${index} `.repeat(50));

const local = { hostname: "127.0.0.1", port: 0 };

describe("serve", () => {
  it("answers over the network, and ends", async () => {
    const server = await serve(embedder, local);
    const response = await embed(server.url, "Mars is red.");
    const [vector] = await embedder.encode(["Mars is red."], { prompt: "" });
    expect(await response.json()).toEqual([Array.from(vector!)]);
    await server.close();
    await expect(fetch(server.url)).rejects.toThrow();
  });

  it.each([
    [{ prot: 1 }, "Did you mean `port`?"],
    [{ hostName: "x" }, "Did you mean `hostname`?"],
    [{ apikey: "x" }, "Did you mean `apiKey`?"],
    [{ other: 1 }, "port"],
  ])("refuses %j, and knows all of its options", async (options, advice) => {
    await expect(serve(embedder, options as ServeOptions)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(advice),
    });
  });

  it("shows the documentation without a key", async () => {
    await using server = await serve(embedder, { ...local, apiKey: "secret" });
    const page = await fetch(`${server.url}/docs`);
    const html = await page.text();
    expect(html).toContain("swagger-ui-bundle.js");
    // Without it, browsers ask for /favicon.ico, which needs the key.
    expect(html).toContain('rel="icon" href="data:,"');
    for (const [name, type] of [
      ["swagger-ui.css", "text/css"],
      ["swagger-ui-bundle.js", "text/javascript"],
    ]) {
      const file = await fetch(`${server.url}/docs/${name}`);
      expect(file.status).toBe(200);
      expect(file.headers.get("content-type")).toContain(type);
      expect((await file.text()).length).toBeGreaterThan(10_000);
    }
    const document = await fetch(`${server.url}/api-doc/openapi.json`);
    expect(await document.json()).toMatchObject({ openapi: "3.1.0" });
    expect((await fetch(`${server.url}/info`)).status).toBe(401);
  });

  it("has metrics of requests and of the process", async () => {
    await using server = await serve(embedder, local);
    await embed(server.url, "Mars is red.");
    const text = await (await fetch(`${server.url}/metrics`)).text();
    expect(text).toContain('te_request_success{method="single"} 1');
    expect(text).toContain("process_resident_memory_bytes");
  });

  it("rejects if the port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    await expect(serve(embedder, { ...local, port })).rejects.toMatchObject({ code: "EADDRINUSE" });
    other.close();
  });

  it.each([
    { port: 70_000 },
    { port: "80" },
    { requestTimeout: -1 },
    { onRequest: 1 },
    { unknown: true },
  ])("refuses the options %j", async (options) => {
    await expect(serve(embedder, options as ServeOptions)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  it("answers running requests before it ends", async () => {
    let inWork = () => 0;
    const metrics = await ServerMetrics.create();
    metrics.observeRequests = (count) => {
      inWork = count;
    };
    const server = await serve(embedder, { ...local, metrics });
    const answers = [1, 2].map(() => embed(server.url, longTexts));
    while (inWork() < answers.length) await wait(1);
    expect(await server.close()).toEqual({ unanswered: 0 });
    for (const answer of answers) expect(await (await answer).json()).toHaveLength(32);
  });

  it("says how many requests it did not answer before it ended", async () => {
    const reports: RequestReport[] = [];
    const metrics = await ServerMetrics.create();
    const server = await serve(embedder, {
      ...local,
      metrics,
      shutdownTimeout: 0,
      onRequest: (report) => reports.push(report),
    });
    const socket = await connectTo(server.port);
    socket.write(`GET /nowhere HTTP/1.1\r\nhost: localhost\r\n\r\n`);
    await once(socket, "data");
    expect(reports.splice(0)).toMatchObject([{ status: 404 }]);
    await sendHeaders(server.port);
    expect(await server.close()).toEqual({ unanswered: 1 });
    await expect.poll(() => reports).toMatchObject([{ route: "/embed", status: 503 }]);
    const text = (await metrics.render()).body;
    expect(text).toContain('te_request_failure{err="inference"} 1');
    expect(text).not.toContain("dropped");
  });

  it("sends all of an answer before it ends, and closes idle connections then", async () => {
    const server = await serve(embedder, { ...local, shutdownTimeout: 300_000 });
    const idle = await connectTo(server.port);
    idle.write("GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n");
    await once(idle, "data");
    const slow = await slowReader(server.port);
    const closed = server.close();
    const received = await slow.readAll();
    expect(received).toBe(slow.length);
    expect(await closed).toEqual({ unanswered: 0 });
  });

  it("counts an answer that is not sent in time as none", async () => {
    const server = await serve(embedder, { ...local, shutdownTimeout: 100 });
    const slow = await slowReader(server.port);
    expect(await server.close()).toEqual({ unanswered: 1 });
    expect(await slow.readAll()).toBeLessThan(slow.length);
  });

  it("tells clients that their connection is closed", async () => {
    const server = await serve(embedder, { ...local, shutdownTimeout: 300_000 });
    const socket = await connectTo(server.port);
    const body = JSON.stringify({ inputs: "Mars" });
    const json = `content-type: application/json\r\ncontent-length: ${body.length}`;
    socket.write(
      `POST /embed HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\n${json}\r\n\r\n`,
    );
    // The server has the request when it answers "100 Continue".
    await once(socket, "data");
    const closed = server.close();
    socket.write(body);
    const [answer] = await once(socket, "data");
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200 [\s\S]*\r\nconnection: close\r\n/i);
    await closed;
  });

  it("does not wait for idle connections", async () => {
    const server = await serve(embedder, { ...local, shutdownTimeout: 300_000 });
    const socket = await connectTo(server.port);
    socket.write("GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n");
    await once(socket, "data");
    await server.close();
  });

  it("ends connections that are open for too long when it ends", async () => {
    const server = await serve(embedder, { ...local, shutdownTimeout: 200 });
    const socket = await sendHeaders(server.port);
    await server.close();
    if (!socket.closed) await once(socket, "close");
  });

  it("ends connections of clients that are too slow", async () => {
    await using server = await serve(embedder, { ...local, requestTimeout: 300 });
    for (const start of ["POST /embed HTTP/1.1\r\n", `${headers(1000)}{"inputs":`]) {
      const socket = await connectTo(server.port);
      socket.write(start);
      const [answer] = (await once(socket, "data")) as [Buffer];
      expect(String(answer)).toContain("408");
    }
  });

  it("drops requests whose client went away", async () => {
    const reports: RequestReport[] = [];
    await using server = await serve(embedder, {
      ...local,
      onRequest: (report) => reports.push(report),
    });
    const controller = new AbortController();
    const running = embed(server.url, longTexts);
    const dropped = embed(server.url, longTexts, controller.signal);
    await wait(100);
    controller.abort();
    await expect(dropped).rejects.toThrow();
    expect((await running).status).toBe(200);
    await expect.poll(() => reports.map(({ status }) => status).sort()).toEqual([200, 499]);
  });

  it("refuses a large body before it is sent", async () => {
    await using server = await serve(embedder, local);
    const socket = await connectTo(server.port);
    socket.write(headers(100_000_000));
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(String(answer)).toContain(" 413 ");
    socket.destroy();
  });
});

function embed(url: string, inputs: unknown, signal?: AbortSignal): Promise<Response> {
  return fetch(`${url}/embed`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ inputs }),
    ...(signal && { signal }),
  });
}

async function connectTo(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  return socket.on("error", () => {});
}

/** Sends the headers of a request, and waits until the server has them. */
async function sendHeaders(port: number): Promise<Socket> {
  const socket = await connectTo(port);
  socket.write(headers(1000).replace("\r\n\r\n", "\r\nexpect: 100-continue\r\n\r\n"));
  await once(socket, "data");
  return socket;
}

/** A client that reads only the beginning of a large answer until it is told to read the others. */
async function slowReader(port: number) {
  const socket = await connectTo(port);
  const body = JSON.stringify({ inputs: "Mars ".repeat(2000) });
  socket.write(headers(body.length).replace("/embed", "/embed_all") + body);
  await once(socket, "readable");
  const start = socket.read() as Buffer;
  const headersEnd = start.indexOf("\r\n\r\n") + 4;
  const [, bodyLength] = /content-length: (\d+)/i.exec(String(start.subarray(0, headersEnd)))!;
  const length = headersEnd + Number(bodyLength);
  const readAll = async () => {
    let count = start.length;
    socket.on("data", (chunk: Buffer) => {
      count += chunk.length;
    });
    await once(socket, "close");
    return count;
  };
  return { length, readAll };
}

function headers(length: number): string {
  return (
    "POST /embed HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n" +
    `content-length: ${length}\r\n\r\n`
  );
}
