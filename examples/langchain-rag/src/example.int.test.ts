import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it, vi } from "vitest";

vi.setConfig({ testTimeout: 120_000 });

const main = fileURLToPath(new URL("main.mjs", import.meta.url));

async function run(environment: Record<string, string> = {}, ...args: string[]): Promise<string> {
  const env = {
    ...process.env,
    NODE_OPTIONS: "",
    CHAT_MODEL: "",
    LANGSMITH_TRACING: "false",
    ...environment,
  };
  return (await promisify(execFile)(process.execPath, [main, ...args], { env })).stdout;
}

it("prints what the README shows", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const [, shown] = readme.match(/```text\n(.*?)```/s)!;
  expect(await run()).toContain(shown);
});

it("answers from the right file, and cites it", async () => {
  const output = await run();
  expect(output).toMatch(/^Indexed 3 files in \d+ parts\.$/m);
  expect(output).toMatch(/^Answer: Visitors may use the refractor on Friday nights .* \[1\]$/m);
  const sources = [...output.matchAll(/^ {2}\[\d\] (0\.\d{4}) {2}(\w+\.md): /gm)];
  expect(sources).toHaveLength(3);
  expect(sources[0]![2]).toBe("telescope.md");
  const scores = sources.map(([, score]) => Number(score));
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
});

it("answers another question from another file", async () => {
  const output = await run({ QUESTION: "Which plants grow in the garden?" });
  expect(output).toMatch(/^Answer: .*red sorrel for Mars/m);
  expect(output).toMatch(/^ {2}\[1\] 0\.\d{4} {2}garden\.md: /m);
});

it("says that a folder has nothing to index", async () => {
  const source = fileURLToPath(new URL(".", import.meta.url));
  await expect(run({}, source)).rejects.toMatchObject({
    stderr: expect.stringContaining(`The folder ${source} has no Markdown files (.md).`),
  });
});

it("asks a server that speaks OpenAI's protocol, and streams what it says", async () => {
  const server = await startChatServer(["Write to ", "the warden [1]."]);
  const output = await run({ CHAT_MODEL: `${server.address}/v1#m`, OPENAI_API_KEY: "secret" });
  server.close();
  expect(output).toContain("Answer: Write to the warden [1].");
  expect(server.requests).toHaveLength(1);
  const { path, authorization, body } = server.requests[0]!;
  expect([path, authorization]).toEqual(["/v1/chat/completions", "Bearer secret"]);
  expect(body).toMatchObject({ model: "m", stream: true, temperature: 0 });
  expect(body.messages[0]!.content).toMatch(/\[1\] telescope\.md\n[^[]*Write to the warden/);
  expect(body.messages[1]!.content).toBe("How do I book a night at the refractor?");
});

it("says what CHAT_MODEL must be", async () => {
  await expect(run({ CHAT_MODEL: "gpt" })).rejects.toMatchObject({
    stderr: expect.stringContaining(
      'CHAT_MODEL must be ollama:<model> or <address>#<model>; "gpt" was given.',
    ),
  });
});

interface ChatRequest {
  path: string;
  authorization: string;
  body: { messages: { content: string }[] };
}

/** Answers every request with these pieces, as server-sent events. */
async function startChatServer(
  pieces: string[],
): Promise<{ address: string; requests: ChatRequest[]; close(): Server }> {
  const requests: ChatRequest[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    requests.push({
      path: request.url!,
      authorization: request.headers.authorization!,
      body: JSON.parse(body),
    });
    response.writeHead(200, { "content-type": "text/event-stream" });
    pieces.forEach((content, place) => {
      const finish_reason = place === pieces.length - 1 ? "stop" : null;
      const choices = [{ index: 0, delta: { role: "assistant", content }, finish_reason }];
      const event = { id: "1", object: "chat.completion.chunk", created: 0, model: "m", choices };
      response.write(`data: ${JSON.stringify(event)}\n\n`);
    });
    response.end("data: [DONE]\n\n");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}`, requests, close: () => server.close() };
}
