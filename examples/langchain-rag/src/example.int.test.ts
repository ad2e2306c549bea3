import { execFile } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const main = fileURLToPath(new URL("main.mjs", import.meta.url));

async function run(environment: Record<string, string> = {}): Promise<string> {
  const env = { ...process.env, NODE_OPTIONS: "", ...environment };
  return (await promisify(execFile)(process.execPath, [main], { env })).stdout;
}

it("answers from the right file, and cites it", async () => {
  const output = await run();
  expect(output).toMatch(/Indexed \d+ parts of 3 files/);
  expect(output).toMatch(/Answer: .*\[1\]/);
  expect(output).toMatch(/\[1\] telescope\.md: /);
}, 120_000);

it("asks a server that speaks OpenAI's protocol", async () => {
  const prompts: string[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    prompts.push(body);
    const delta = { role: "assistant", content: "Write to the warden [1]." };
    const chunk = {
      id: "1",
      object: "chat.completion.chunk",
      created: 0,
      model: "m",
      choices: [{ index: 0, delta, finish_reason: "stop" }],
    };
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const output = await run({ CHAT_MODEL: `http://127.0.0.1:${port}/v1#m`, LANGSMITH_TRACING: "false" });
  server.close();
  expect(output).toContain("Answer: Write to the warden [1].");
  expect(prompts[0]).toContain("warden");
}, 120_000);
