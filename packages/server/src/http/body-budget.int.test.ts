import { expect, test } from "vitest";
import { createApp } from "../app.ts";
import { tinyEmbedder } from "../testing/tiny.ts";

const limits = { openAIPayloadLimit: 1000, payloadLimit: 1000 };

/** A request whose body has been sent only in part. */
function openBody(bytes: number, path = "/embed") {
  const { readable, writable } = new TransformStream<Uint8Array>();
  const writer = writable.getWriter();
  void writer.write(new Uint8Array(bytes).fill(0x20));
  const headers = { "content-type": "application/json" };
  const request = new Request(`http://localhost${path}`, {
    method: "POST",
    headers,
    body: readable,
    duplex: "half",
  } as RequestInit);
  return { request, end: () => writer.close() };
}

test.each(["/embed", "/similarity", "/v1/embeddings", "/api/embed", "/batchtransform"])(
  "%s answers 429 if the bodies in work take too much memory",
  async (path) => {
    const app = createApp(await tinyEmbedder(), limits);
    const open = Array.from({ length: 16 }, () => openBody(950));
    const answers = open.map(({ request }) => app.request(request));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const body = JSON.stringify({ inputs: "a".repeat(900) });
    const post = () =>
      app.request(path, {
        method: "POST",
        headers: { "content-type": "application/json", "content-length": String(body.length) },
        body,
      });
    const refused = await post();
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("1");
    for (const { end } of open) await end();
    for (const answer of answers) expect((await answer).status).toBe(400);
    expect((await post()).status).not.toBe(429);
  },
);
