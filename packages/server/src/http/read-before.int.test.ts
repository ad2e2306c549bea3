import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { expect, it } from "vitest";
import { createApp } from "../app.ts";
import { tinyEmbedder } from "../testing/tiny.ts";

it.each(["whole", "in chunks"])(
  "says that a parser before the app has read a body sent %s",
  async (how) => {
    const listener = getRequestListener(createApp(await tinyEmbedder()).fetch);
    const server = createServer(async (request, response) => {
      for await (const _ of request); // as express.json() does
      await listener(request, response);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const body = JSON.stringify({ inputs: "Mars" });
    const answer = await fetch(`http://127.0.0.1:${port}/embed`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: how === "whole" ? body : new Blob([body]).stream(),
      ...{ duplex: "half" },
    });
    expect(answer.status).toBe(500);
    expect((await answer.json()).error).toContain("put the app before express.json()");
    server.close();
  },
);
