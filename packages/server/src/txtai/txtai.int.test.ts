import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { FaissStore } from "@embeddinggemma/faiss";
import { expect, test, vi } from "vitest";
import { createApp } from "../app.ts";
import { DocumentIndex } from "../documents/document-index.ts";
import type { AppOptions } from "../options.ts";
import type { RequestReport } from "../reports/request-report.ts";
import { client, found, newFolder } from "../testing/document-client.ts";
import { planets, tinyEmbedder } from "../testing/tiny.ts";

const { query, documents } = planets;

class Planet {
  readonly name = "Mars";
}
test("documents are added, indexed, found, replaced and deleted, and saved", async () => {
  const folder = await newFolder();
  const { get, post, index } = await client(folder);
  expect(await get("/count")).toEqual({ status: 200, body: 0 });
  expect(await get(found(query))).toEqual({ status: 200, body: [] });
  const added = documents.map((text, id) => ({ id, text, tags: "planet" }));
  expect(await post("/add", added)).toEqual({ status: 200, body: null });
  expect((await get("/count")).body).toBe(0);
  expect(await get("/index")).toEqual({ status: 200, body: null });
  expect((await get("/count")).body).toBe(4);

  const embedder = await tinyEmbedder();
  const [scores] = embedder.similarity(
    await embedder.encodeQuery(query),
    await embedder.encodeDocument(documents),
  );
  const { body } = await get(found(query, 4));
  expect(body[0]).toEqual({ id: "0", text: documents[0], score: expect.closeTo(scores![0]!, 6) });
  expect((await post("/batchsearch", { queries: [query] })).body[0]).toEqual(body.slice(0, 3));

  await post("/add", [{ id: 0, text: "Bananas are yellow." }, { text: "Pluto is small." }]);
  await get("/upsert");
  expect((await get("/count")).body).toBe(5);
  expect((await get(found("Pluto"))).body[0]).toMatchObject({ id: "4", text: "Pluto is small." });
  expect((await post("/delete", [0, 77, "0", "nope"])).body).toEqual([0]);
  await index.close();

  const again = await client(folder);
  expect((await again.get("/count")).body).toBe(4);
  await again.post("/add", [{ id: "only", text: "Only one." }]);
  await again.get("/index");
  expect((await again.get("/count")).body).toBe(1);
});

test("only new texts and titles are embedded, and all else of a document is replaced", async () => {
  const folder = await newFolder();
  const embedder = await tinyEmbedder();
  const index = await DocumentIndex.open(folder, embedder);
  const embedded: string[] = [];
  const options = { onEmbed: (texts: readonly string[]) => embedded.push(...texts) };
  const mars = { id: "mars", text: "Mars is red.", moons: 1 };
  const venus = { id: 2, text: "Venus is hot.", title: "Venus" };
  index.add([mars, venus, { text: "Pluto is small." }]);
  await index.upsert(options);
  expect(embedded.splice(0)).toEqual([mars.text, venus.text, "Pluto is small."]);
  index.add([
    { ...mars, moons: 2 },
    { ...venus, title: "Planet" },
    { id: "x", text: mars.text },
  ]);
  await index.index(options);
  expect(embedded.splice(0)).toEqual([venus.text, mars.text]);
  index.add([venus, { ...mars, title: null, moons: 3 }]);
  await index.upsert(options);
  expect(embedded).toEqual([venus.text]);
  const [hits] = await index.search([mars.text], 9);
  expect(hits!.map(({ id, fields }) => [id, fields.moons])).toEqual([
    ["mars", 3],
    ["x", undefined],
    [2, undefined],
  ]);
  const store = await FaissStore.open(folder);
  const inputs = [mars.text, { title: "Venus", text: venus.text }];
  const vectors = await embedder.encodeDocument(inputs);
  for (const [row, id] of ["mars", "2"].entries())
    expect(embedder.similarity(store.get(id)!.vector, vectors[row]!)[0]![0]).toBeCloseTo(1, 6);
  await index.close();
});

test("hits have the fields that a search asks for", async () => {
  const { get, post } = await client(await newFolder());
  const mars = { id: "mars", text: "Mars is red.", title: "Mars", tags: ["red"], moons: 2 };
  await post("/add", [mars, { id: "venus", text: "Venus is hot.", score: "none" }]);
  await get("/upsert");
  const score = expect.any(Number);
  const search = async (fields: string) =>
    (await get(`/search?query=red&limit=1&fields=${fields}`)).body;
  const { id, text } = mars;
  expect(await search("")).toEqual([{ id, text, score }]);
  expect(await search("moons,%20tags,none")).toEqual([
    { id, text, score, moons: 2, tags: ["red"] },
  ]);
  expect(await search("*")).toEqual([{ ...mars, score }]);
  const all = await post("/batchsearch", { queries: ["hot"], limit: 1, fields: ["*"] });
  expect(all.body).toEqual([[{ id: "venus", text: "Venus is hot.", score }]]);
  expect(await post("/batchsearch", { queries: ["hot"], fields: "moons" })).toMatchObject({
    status: 422,
  });
});

test.each<[string, Record<string, string>, AppOptions, number]>([
  ["a program", {}, {}, 200],
  ["a page of the server", { origin: "http://localhost" }, {}, 200],
  ["a page of the server, blindly", { "sec-fetch-site": "same-origin" }, {}, 200],
  [
    "a page behind a proxy",
    { origin: "https://app.example", "sec-fetch-site": "same-origin", host: "backend" },
    {},
    200,
  ],
  ["an address that a person types", { "sec-fetch-site": "none" }, {}, 200],
  [
    "a page that is allowed",
    { origin: "https://a.org" },
    { corsAllowOrigin: "https://a.org" },
    200,
  ],
  ["any page, as is allowed", { "sec-fetch-site": "cross-site" }, { corsAllowOrigin: "*" }, 200],
  ["another page", { origin: "https://b.org" }, { corsAllowOrigin: "https://a.org" }, 403],
  ["a file", { origin: "null" }, {}, 403],
  ["another page, blindly", { "sec-fetch-site": "cross-site" }, {}, 403],
  ["another port", { "sec-fetch-site": "same-site" }, {}, 403],
  [
    "a page without https, blindly",
    { "user-agent": "Mozilla/5.0", referer: "http://b.org/" },
    {},
    403,
  ],
  [
    "PowerShell",
    { "user-agent": "Mozilla/5.0 (Windows NT; en-US) WindowsPowerShell/5.1.22621" },
    {},
    200,
  ],
  [
    "a page of the server without https, blindly",
    { "user-agent": "Mozilla/5.0", referer: "http://localhost/docs" },
    {},
    200,
  ],
  ["a program that names itself", { "user-agent": "python-requests/2.32" }, {}, 200],
])("documents can be changed by %s, or not", async (_, headers, appOptions, status) => {
  const embedder = await tinyEmbedder();
  const index = await DocumentIndex.open(await newFolder(), embedder);
  const app = createApp(embedder, { ...appOptions, index });
  const own = { host: "localhost", ...headers };
  const body = JSON.stringify([{ text: "a" }]);
  const answers = [
    await app.request("/add", { method: "POST", body, headers: own }),
    await app.request("/upsert", { headers: own }),
    await app.request("/index", { headers: own }),
    await app.request("/delete", { method: "POST", body: "[]", headers: own }),
  ];
  expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => status));
  expect(index.size).toBe(status === 200 ? 1 : 0);
  const searched = await app.request("/search?query=a", { headers: own });
  expect(searched.status).toBe(200);
  await index.close();
});

test("a browser that does not say where a GET comes from changes nothing", async () => {
  const index = await DocumentIndex.open(await newFolder(), await tinyEmbedder());
  index.add([{ text: "a" }]);
  const app = createApp(await tinyEmbedder(), { index });
  for (const path of ["/index", "/upsert"]) {
    const headers = { host: "10.0.0.1", "user-agent": "Mozilla/5.0 (X11) Chrome/140" };
    expect((await app.request(path, { headers })).status).toBe(403);
  }
  expect([index.size, index.pending]).toEqual([0, 1]);
  await index.close();
});

test("without content, hits have ids as they were given, and scores", async () => {
  const { get, post } = await client(await newFolder(), {}, { content: false });
  await post("/add", [
    { id: 7, text: documents[0] },
    { id: "a", text: documents[1] },
  ]);
  await get("/index");
  const { body } = await get(found(query, 2));
  expect(body.map(({ id }: { id: unknown }) => id)).toEqual([7, "a"]);
  expect(Object.keys(body[0])).toEqual(["id", "score"]);
});

test("limits are clamped", async () => {
  const { get, post, index } = await client(await newFolder());
  const search = vi.spyOn(index, "search");
  await get(found(query, 1000));
  await get(found(query, 0));
  for (const limit of [1000, 0, null])
    expect((await post("/batchsearch", { queries: [query], limit })).status).toBe(200);
  expect(search.mock.calls.map(([, limit]) => limit)).toEqual([250, 1, 250, 1, 3]);
});

test.each(["0x", "1.5", "abc"])("the limit %s is refused with a reason", async (limit) => {
  const { get } = await client(await newFolder());
  expect(await get(`/search?query=a&limit=${limit}`)).toEqual({
    status: 422,
    body: {
      detail: [
        expect.objectContaining({ loc: ["query", "limit"], msg: "expected a whole number" }),
      ],
    },
  });
});

test("SQL is refused, and text that looks a little like it is searched for", async () => {
  const { get, post } = await client(await newFolder());
  const refused = { status: 400, body: { detail: expect.stringContaining("SQL") } };
  const sql = "select id, text, score\nFROM txtai where similar('password') limit 1";
  expect(await get(found(sql))).toEqual(refused);
  expect(await post("/batchsearch", { queries: ["red", ` ${sql}`] })).toEqual(refused);
  for (const text of ["select a planet from the list", "results from txtai"])
    expect((await get(found(text))).status).toBe(200);
});

test("similarity, transform and their batch forms need no index", async () => {
  const embedder = await tinyEmbedder();
  const { get, post } = await client(await newFolder());
  const { body } = await post("/similarity", { query, texts: documents });
  expect(body[0].id).toBe(0);
  expect((await post("/batchsimilarity", { queries: [query], texts: documents })).body).toEqual([
    body,
  ]);
  const vector = Array.from(await embedder.encodeQuery(query));
  expect((await get(`/transform?text=${encodeURIComponent(query)}`)).body).toEqual(vector);
  const document = Array.from(await embedder.encodeDocument("Mars"));
  expect((await post("/batchtransform?category=data", ["Mars"])).body).toEqual([document]);
});

test("a read-only index sees what another program saves, unless it is damaged", async () => {
  const folder = await newFolder();
  const writer = await DocumentIndex.open(folder, await tinyEmbedder());
  const write = (text: string) => {
    writer.add([{ id: 1, text }]);
    return writer.upsert();
  };
  await write("Mars is red.");
  const failures: unknown[] = [];
  const { get, index } = await client(folder, {
    readOnly: true,
    onReopen: (failure) => failures.push(failure),
  });
  await write("Venus is hot.");
  expect((await get(found("red"))).body).toMatchObject([{ text: "Venus is hot." }]);
  expect(failures).toEqual([undefined]);

  await writeFile(join(folder, "faiss-store.json"), "{}");
  await expect.poll(() => index.refresh().then(() => failures.length), { timeout: 30_000 }).toBe(2);
  expect(failures[1]).toMatchObject({ code: "NOT_A_STORE" });
  expect((await get(found("red"))).body).toMatchObject([{ text: "Venus is hot." }]);

  await writer.close();
  await index.close();
});

test("a read-only index refuses changes with 403", async () => {
  const { get, post } = await client(await newFolder(), { readOnly: true });
  const refused = { status: 403, body: { detail: expect.stringContaining("read-only") } };
  expect(await post("/add", [{ text: "a" }])).toEqual(refused);
  expect(await post("/delete", [1])).toEqual(refused);
  expect(await get("/index")).toEqual(refused);
  expect(await get("/upsert")).toEqual(refused);
});

test("too many documents that wait are refused", async () => {
  const { post } = await client(await newFolder(), { maxPending: 1 });
  expect((await post("/add", [{ text: "a" }, { text: "b" }])).status).toBe(413);
});

test.each([
  ["/add", { id: 1 }],
  ["/add", [{ id: 1 }]],
  ["/add", [{ id: {}, text: "a" }]],
  ["/add", [{ id: "", text: "a" }]],
  ["/add", '[{ "text": "a", "size": 1e999 }]'],
  ["/delete", "a"],
  ["/batchsearch", { queries: "a" }],
  ["/batchsearch", { queries: ["a"], index: "other" }],
  ["/batchsearch", { queries: ["a"], graph: true }],
  ["/similarity", { query: "a" }],
  ["/batchtransform", [1]],
])("%s refuses %j with 422", async (path, body) => {
  const { post } = await client(await newFolder());
  expect(await post(path, body)).toMatchObject({
    status: 422,
    body: { detail: expect.anything() },
  });
});

test("what could not be indexed waits for the next try", async () => {
  const embedder = await tinyEmbedder();
  const index = await DocumentIndex.open(await newFolder(), embedder);
  index.add([{ text: "a" }]);
  vi.spyOn(embedder, "encodeDocument").mockRejectedValueOnce(new Error("no memory"));
  const failing = index.upsert();
  index.add([{ text: "b" }]);
  await expect(failing).rejects.toThrow("no memory");
  expect([index.size, index.pending]).toEqual([0, 2]);
  await index.upsert();
  expect([index.size, index.pending]).toEqual([2, 0]);
  await index.close();
});

test.each<[unknown, string, string?]>([
  [{ text: "a" }, "documents must be an array; an object (Object) was given."],
  [["a"], 'documents[0] must be an object with a text `text`; "a" was given.'],
  [[{ text: "a" }, { txt: "a" }], "documents[1].text must be a string; undefined was given."],
  [[{ text: "a", title: 5 }], "documents[0].title must be a string; 5 was given."],
  [
    [{ text: "a", id: 0.5 }],
    "documents[0].id must be a string, not empty, or a whole number; 0.5 was",
  ],
  [[{ text: "a", id: "" }], "documents[0].id must be a string, not empty, or"],
  [[{ text: "a" }, { text: "b", at: [Number.NaN] }], "documents[1].at[0] is NaN", "INVALID_RECORD"],
  [[{ text: "a", tags: [undefined] }], "documents[0].tags[0] is undefined", "INVALID_RECORD"],
  // biome-ignore lint/suspicious/noSparseArray: what is tested
  [[{ text: "a", tags: [, 1] }], "documents[0].tags[0] is undefined", "INVALID_RECORD"],
  [
    [{ text: "a", of: new Planet() }],
    "documents[0].of is an object of the class Planet",
    "INVALID_RECORD",
  ],
])(
  "what is no document is not collected: %j",
  async (documents, message, code = "INVALID_ARGUMENT") => {
    const index = await DocumentIndex.open(await newFolder(), await tinyEmbedder());
    const error = { code, message: expect.stringContaining(message) };
    expect(() => index.add(documents as never)).toThrow(expect.objectContaining(error));
    index.add([{ text: "a", title: null, at: new Date() }]);
    index.add([{ text: "b", id: null } as never, { text: "c", id: null } as never]);
    await index.upsert();
    expect([index.size, index.pending]).toEqual([3, 0]);
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    expect(() => index.add([{ text: "a", of: cyclic } as never])).toThrow("documents[0].of");
    await expect(index.search("red" as never, 3)).rejects.toThrow("queries must be an array");
    await expect(index.search([5] as never, 3)).rejects.toThrow("queries[0] must be a string; 5");
    await expect(async () => index.delete("a" as never)).rejects.toThrow("ids must be an array");
    await index.close();
  },
);

test("options of the index are checked", async () => {
  const [folder, embedder] = [await newFolder(), await tinyEmbedder()];
  const open = (options: object) => DocumentIndex.open(folder, embedder, options);
  await expect(open({ readonly: true })).rejects.toThrow("Did you mean `readOnly`?");
  await expect(open({ maxPending: "3" })).rejects.toThrow("maxPending must be a whole number");
  await expect(DocumentIndex.open(folder, undefined as never)).rejects.toThrow(
    "embedder must be an Embedder; undefined was given.",
  );
  const index = await open({});
  index.add([{ text: "a" }]);
  const misspelt = { onTruncat: () => {} } as object;
  expect(() => index.upsert(misspelt)).toThrow("Did you mean `onTruncate`?");
  await expect(index.search(["q"], 0)).rejects.toThrow("limit must be a whole number");
  await expect(index.search(["q"], 2, { fliter: {} } as object)).rejects.toThrow(
    "Did you mean `filter`?",
  );
  expect(index.pending).toBe(1);
  await index.close();
});

test("a closed index says so", async () => {
  const index = await DocumentIndex.open(await newFolder(), await tinyEmbedder());
  await index.close();
  const closed = expect.objectContaining({ code: "CLOSED", message: "The index is closed." });
  await expect(index.search(["red"], 1)).rejects.toThrow(closed);
  for (const call of [() => index.add([]), () => index.upsert(), () => index.delete(["a"])])
    expect(call).toThrow(closed);
});

test("documents that wait have a limit of characters, of all their texts", async () => {
  const options = { maxPendingCharacters: 10 };
  const index = await DocumentIndex.open(await newFolder(), await tinyEmbedder(), options);
  index.add([{ text: "12345", tags: ["67"] }]);
  const tooMany = { code: "TOO_MANY_PENDING", message: expect.stringContaining("10 characters") };
  expect(() => index.add([{ text: "89ab" }])).toThrow(expect.objectContaining(tooMany));
  index.add([{ text: "890" }]);
  await index.upsert();
  index.add([{ text: "1234567890" }]);
  await index.close();
});

test("documents that are too long are refused, or reported", async () => {
  const embedder = await tinyEmbedder();
  const long = "word ".repeat(embedder.maxTokens);
  const reports: RequestReport[] = [];
  const onRequest = (report: RequestReport) => reports.push(report);
  for (const autoTruncate of [false, true]) {
    const index = await DocumentIndex.open(await newFolder(), embedder);
    const app = createApp(embedder, { index, autoTruncate, onRequest });
    const post = (path: string, body: unknown) =>
      app.request(path, { method: "POST", body: JSON.stringify(body) });
    const added = await post("/add", [
      { id: "a", text: "b" },
      { id: "c", text: long },
      { text: long },
    ]);
    expect(added.status).toBe(autoTruncate ? 200 : 422);
    const searched = await post("/batchsearch", { queries: [long] });
    await app.request("/upsert");
    if (autoTruncate) {
      expect(reports.at(-1)).toMatchObject({ route: "/upsert", truncated: ["c", null] });
    } else {
      expect((await added.json()).detail).toMatch(
        /^documents must have at most 256 tokens with their prompt\. Given at index 1: \d+ /,
      );
      expect([index.size, index.pending]).toEqual([0, 0]);
      for (const path of ["/batchtransform", "/batchsimilarity"]) {
        const body = path === "/batchtransform" ? [long] : { queries: ["a"], texts: [long] };
        expect((await post(path, body)).status).toBe(422);
      }
    }
    index.add([{ text: "a" }]);
    await index.upsert();
    const again = await post("/batchsearch", { queries: [long] });
    expect([searched.status, again.status]).toEqual(autoTruncate ? [200, 200] : [200, 422]);
    await index.close();
  }
});

test("ids that are given are not given again", async () => {
  const index = await DocumentIndex.open(await newFolder(), await tinyEmbedder());
  index.add([{ text: "a" }, { id: 0, text: "b" }, { id: "7", text: "c" }, { text: "d" }]);
  await index.upsert();
  expect(index.size).toBe(4);
  await index.close();
});

test("a file is refused as the folder", async () => {
  const opening = DocumentIndex.open(import.meta.filename, await tinyEmbedder());
  const message = expect.stringMatching(/must be a folder, .*txtai\.int\.test\.ts is a file\.$/);
  await expect(opening).rejects.toMatchObject({ code: "INVALID_ARGUMENT", message });
});

test("searches during a new index find documents", async () => {
  const index = await DocumentIndex.open(await newFolder(), await tinyEmbedder());
  const texts = documents.map((text) => ({ text }));
  for (let round = 0; round < 5; round++) {
    index.add(texts);
    expect(index.pending).toBe(texts.length);
    let isDone = false;
    const indexing = index.index().finally(() => {
      isDone = true;
    });
    // A few at a time: more would keep the new index from being made.
    const searching = Array.from({ length: 3 }, async () => {
      for (; !isDone; await nextTurn()) await index.search([query], 1);
    });
    await Promise.all([indexing, ...searching]);
    expect(index.pending).toBe(0);
  }
  expect(await index.search([query], 1)).toHaveLength(1);
  await index.close();
});

test("requests share the permits, and the limit of inputs", async () => {
  const { get, post } = await client(
    await newFolder(),
    {},
    { maxConcurrentRequests: 1, maxOpenAIBatchSize: 2 },
  );
  const tooMany = {
    status: 422,
    body: { detail: "batch size 3 > maximum allowed batch size 2 (--max-openai-batch-size)" },
  };
  expect(await post("/similarity", { query: "a", texts: ["b", "c"] })).toEqual(tooMany);
  expect(await post("/batchtransform", ["a", "b", "c"])).toEqual(tooMany);
  expect(await post("/batchsearch", { queries: ["a", "b", "c"] })).toEqual(tooMany);
  const statuses = await Promise.all(["a", "b"].map((text) => get(`/transform?text=${text}`)));
  expect(statuses.map(({ status }) => status).sort()).toEqual([200, 429]);
});

test("without a store, its routes say what they need", async () => {
  const embedder = await tinyEmbedder();
  const app = createApp(embedder);
  const index = await DocumentIndex.open(await newFolder(), embedder);
  const { routes } = createApp(embedder, { index });
  const others = new Set(createApp(embedder).routes.map(({ method, path }) => method + path));
  const ofIndex = routes.filter(({ method, path }) => !others.has(method + path));
  expect(ofIndex.map(({ path }) => path)).toContain("/search");
  for (const { method, path } of ofIndex) {
    const response = await app.request(path, { method });
    expect(response.status).toBe(404);
    const detail = expect.stringMatching(`^${path} needs a store of documents: .*--store`);
    expect(await response.json()).toEqual({ detail });
  }
  await index.close();
});
