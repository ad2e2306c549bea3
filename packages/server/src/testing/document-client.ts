import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect } from "vitest";
import { createApp } from "../app.ts";
import { DocumentIndex } from "../documents/document-index.ts";
import type { DocumentIndexOptions } from "../documents/document-index-options.ts";
import type { AppOptions } from "../options.ts";
import { tinyEmbedder } from "./tiny.ts";

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** A folder without a store, until the test ends. */
export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "embeddinggemma-server-"));
  folders.push(folder);
  return join(folder, "store");
}

/** An app with documents in a folder, and the answers to requests. */
export async function client(
  folder: string,
  options: DocumentIndexOptions = {},
  appOptions: AppOptions = {},
) {
  const embedder = await tinyEmbedder();
  const index = await DocumentIndex.open(folder, embedder, options);
  const app = createApp(embedder, { ...appOptions, index });
  const answer = async (response: Response) => {
    expect(response.headers.get("content-type")).toContain("json");
    return { status: response.status, body: await response.json() };
  };
  return {
    index,
    get: async (path: string) => answer(await app.request(path)),
    post: async (path: string, body: unknown) =>
      answer(
        await app.request(path, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: typeof body === "string" && body.startsWith("[") ? body : JSON.stringify(body),
        }),
      ),
  };
}

/** The path of a search. */
export const found = (text: string, limit = 1) =>
  `/search?${new URLSearchParams({ query: text, limit: String(limit) })}`;
