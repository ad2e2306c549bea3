import { expect, it } from "vitest";
import { createApp } from "../app.ts";
import { serve } from "../serve.ts";
import { tinyEmbedder } from "../testing/tiny.ts";

it.each([
  { method: "POST", path: "/embeded", message: "Did you mean /embed?" },
  { method: "GET", path: "/nothing/like/it", message: "See /api-doc/openapi.json." },
])("answers $method $path with 404 and advice", async ({ method, path, message }) => {
  const response = await createApp(await tinyEmbedder()).request(path, { method });
  expect(response.status).toBe(404);
  const error = expect.stringMatching(`^No such route: ${method} ${path}\\..*${message}`);
  expect(await response.json()).toEqual({ error, error_type: "Validation" });
});

it.each([
  { method: "GET", path: "/embed", allow: "POST" },
  { method: "POST", path: "/info", allow: "GET" },
  { method: "DELETE", path: "/", allow: "GET, POST" },
  { method: "DELETE", path: "/v1/models/a/b", allow: "GET" },
])("answers $method $path with 405", async ({ method, path, allow }) => {
  const response = await createApp(await tinyEmbedder()).request(path, { method });
  expect(response.status).toBe(405);
  expect(response.headers.get("allow")).toBe(allow);
  const expected = `${path} takes ${allow.replace(", ", " or ")}, not ${method}.`;
  expect(JSON.stringify(await response.json())).toContain(expected);
});

it("gives clients of OpenAI an error that they can read", async () => {
  const app = createApp(await tinyEmbedder());
  const response = await app.request("/v1/embedding", { method: "POST" });
  const message =
    "No such route: POST /v1/embedding. Did you mean /v1/embeddings? See /api-doc/openapi.json.";
  expect(await response.json()).toEqual({
    error: { message, type: "Validation", param: null, code: null },
    message,
    code: 404,
    type: "Validation",
  });
});

it("does so over the network, and not without the key", async () => {
  const options = { hostname: "127.0.0.1", port: 0, apiKey: "key" };
  await using server = await serve(await tinyEmbedder(), options);
  const url = `${server.url}/v1/embedding`;
  expect((await fetch(url)).status).toBe(401);
  const response = await fetch(url, { headers: { authorization: "Bearer key" } });
  expect(response.status).toBe(404);
  expect(await response.text()).toContain("See /docs.");
});
