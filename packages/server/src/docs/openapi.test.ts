import { expect, it } from "vitest";
import { openApiDocument } from "./openapi.ts";

interface Document {
  readonly servers: { url: string }[];
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components?: unknown;
}

interface Operation {
  readonly operationId: string;
  readonly requestBody?: { content: Record<string, { schema: Record<string, unknown> }> };
  readonly responses: Record<string, unknown>;
}

const documentOf = (hasKey: boolean) =>
  openApiDocument({ hasKey, hasStore: true }) as unknown as Document;

it("describes the fields of a body with their defaults", () => {
  const { schema } =
    documentOf(false).paths["/embed"]!.post!.requestBody!.content["application/json"]!;
  expect(schema).toMatchObject({
    type: "object",
    required: ["inputs"],
    properties: {
      normalize: { type: "boolean", default: true },
      truncation_direction: { enum: ["left", "Left", "right", "Right"] },
    },
  });
});

it("asks for a key only if there is one, and not on public routes", () => {
  expect(documentOf(false).components).toBeUndefined();
  const { paths, components } = documentOf(true);
  expect(components).toBeDefined();
  expect(Object.keys(paths["/embed"]!.post!.responses)).toContain("401");
  expect(Object.keys(paths["/health"]!.get!.responses)).not.toContain("401");
});

it("describes errors as each API has them", () => {
  const { paths } = documentOf(true);
  const answers = (path: string, status = "422") =>
    JSON.stringify(paths[path]!.post!.responses[status] ?? null);
  expect(answers("/embed")).toContain('"required":["error","error_type"]');
  expect(answers("/v1/embeddings", "400")).toContain(
    '"required":["message","type","param","code"]',
  );
  expect(answers("/add")).toContain('"required":["detail"]');
  for (const operations of Object.values(paths))
    for (const { responses } of Object.values(operations))
      for (const [status, answer] of Object.entries(responses))
        if (status !== "401") expect(answer).toHaveProperty("content");
});

it("refers only to what it has", () => {
  const document = documentOf(true);
  const references = JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g);
  for (const [, reference] of references) {
    const [root, ...steps] = reference!.split("/");
    expect(root).toBe("#");
    expect(document).toHaveProperty(steps);
  }
});

it("names each operation once", () => {
  const names = Object.values(documentOf(false).paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  );
  expect(new Set(names).size).toBe(names.length);
});

it.each(["http://localhost/", "http://localhost/api/"])("finds its routes at %s", (base) => {
  const [server] = documentOf(false).servers;
  expect(new URL(server!.url, `${base}api-doc/openapi.json`).href).toBe(base);
});
