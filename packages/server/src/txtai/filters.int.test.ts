import { FaissStore } from "@embeddinggemma/faiss";
import { warningsOf } from "@embeddinggemma/internal/testing";
import { expect, test } from "vitest";
import { DocumentIndex } from "../documents/document-index.ts";
import { client, found, newFolder } from "../testing/document-client.ts";
import { tinyEmbedder } from "../testing/tiny.ts";

test("a filter of the fields leaves out documents, in all kinds of stores", async () => {
  const folder = await newFolder();
  const { get, post } = await client(folder);
  const planets = [
    { id: "mars", text: "Mars is red.", tags: ["red", "small"], moons: 2, seen: "1610-01-07" },
    { id: "venus", text: "Venus is hot.", tags: ["hot"], moons: 0 },
    { id: "jupiter", text: "Jupiter has a red spot.", tags: ["red"], moons: 95 },
  ];
  await post("/add", planets);
  await get("/upsert");
  const find = async (filter: object | string) => {
    const text = typeof filter === "string" ? filter : JSON.stringify(filter);
    const { status, body } = await get(`${found("red", 9)}&filter=${encodeURIComponent(text)}`);
    return status === 200 ? body.map(({ id }: { id: string }) => id).sort() : body.detail;
  };
  expect(await find({ moons: { $gt: 1 } })).toEqual(["jupiter", "mars"]);
  expect(await find({ tags: { $contains: "red" }, moons: { $lt: 50 } })).toEqual(["mars"]);
  expect(await find({ $or: [{ moons: 0 }, { seen: { $gte: "1600-01-01" } }] })).toEqual([
    "mars",
    "venus",
  ]);
  expect(await find({})).toHaveLength(3);
  const filter = { moons: 0 };
  const both = await post("/batchsearch", { queries: ["red", "hot"], filter });
  expect(both.body).toMatchObject([[{ id: "venus" }], [{ id: "venus" }]]);
  const all = await post("/batchsearch", { queries: ["red"], filter: null });
  expect(all.body[0]).toHaveLength(3);

  const expected = 'expected an object, such as {"lang": "en"}';
  const at = (step: string, msg: string) => [
    expect.objectContaining({ loc: [step, "filter"], msg }),
  ];
  expect(await find("moons=0")).toEqual(at("query", 'expected JSON, such as {"lang": "en"}'));
  expect(await find('"moons"')).toEqual(at("query", expected));
  const listed = await post("/batchsearch", { queries: ["red"], filter: ["moons"] });
  expect(listed).toMatchObject({ status: 422, body: { detail: at("body", expected) } });
  expect(await find({ moons: { gt: 1 } })).toMatch(/"gt" was given\. Did you mean \$gt\?/);
  expect(await find({ text: { $regex: "a" } })).toMatch(/\$contains; "\$regex" was given\.$/);
  for (const name of ["filters", "where", "filtr", "Filter"]) {
    const said = { detail: [expect.objectContaining({ msg: "Did you mean filter?" })] };
    expect(await get(`${found("red")}&${name}={}`)).toEqual({ status: 422, body: said });
    const body = { queries: ["red"], [name]: filter };
    expect(await post("/batchsearch", body)).toEqual({ status: 422, body: said });
  }

  const warnings = await warningsOf(async () => {
    expect(await find({ moon: 2 })).toEqual([]);
    expect(await find({ moons: "2" })).toEqual([]);
    expect(await find({ tags: { $ne: "red" } })).toHaveLength(3);
  });
  expect(warnings.map(({ message }) => message)).toEqual([
    expect.stringContaining("no document has the metadata key `moon`. Did you mean `moons`?"),
    expect.stringContaining("looks for a string under `moons`, but the documents have numbers"),
    expect.stringContaining("it negates a string under `tags`, but documents have lists there"),
  ]);

  const others = await newFolder();
  const { dimension, identity } = await tinyEmbedder();
  const store = await FaissStore.create({ dimension, identity });
  const metadata = { source: "planets.md" };
  const [vector] = await (await tinyEmbedder()).encodeDocument(["Mars is red."]);
  await store.upsert([{ vector: vector!, record: { pageContent: "Mars is red.", metadata } }]);
  await store.save(others);
  const index = await DocumentIndex.open(others, await tinyEmbedder());
  const sources = async (source: string) =>
    (await index.search(["red"], 3, { filter: { source } }))[0]!.map(({ text }) => text);
  expect(await sources("planets.md")).toEqual(["Mars is red."]);
  expect(await sources("moons.md")).toEqual([]);
  await expect(index.search(["red"], 3, { filter: { source: 5n } as never })).rejects.toMatchObject(
    {
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("5n was given."),
    },
  );
  await index.close();
  expect(index.isReadOnly).toBe(true);
});
