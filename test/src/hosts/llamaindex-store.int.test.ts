/**
 * LlamaIndex's own tests of its local store, run with our store too. Both stores get the same calls
 * and must return the same results. Tests whose title begins with "differs" show where our store
 * differs on purpose.
 */
import { FaissVectorStore } from "@embeddinggemma/llamaindex";
import {
  type BaseEmbedding,
  type BaseNode,
  type MetadataFilter,
  NodeRelationship,
  SimpleVectorStore,
  TextNode,
  VectorStoreQueryMode,
} from "llamaindex";
import { beforeEach, describe, expect, it } from "vitest";

describe("LlamaIndex's SimpleVectorStore", () => {
  // Neither store embeds anything.
  const embedModel = { getTextEmbedding: async () => [0, 0] } as Partial<BaseEmbedding> as never;
  const queryEmbedding = [0.1, 0.2];
  let ours: FaissVectorStore;
  let theirs: SimpleVectorStore;

  beforeEach(async () => {
    ours = new FaissVectorStore({ embedModel });
    theirs = new SimpleVectorStore({ embedModel });
    await ours.add(dogs());
    await theirs.add(dogs());
  });

  const ask = async (
    store: FaissVectorStore | SimpleVectorStore,
    filters?: MetadataFilter[],
    condition?: "and" | "or",
  ) => {
    const query = { queryEmbedding, similarityTopK: 10, mode: VectorStoreQueryMode.DEFAULT };
    const result = await store.query({
      ...query,
      ...(filters && { filters: { filters, ...(condition && { condition }) } }),
    });
    return result.ids.toSorted();
  };

  it("finds the same ids with the same cosines, best first", async () => {
    const query = {
      queryEmbedding: [0.3, 0.1],
      similarityTopK: 3,
      mode: VectorStoreQueryMode.DEFAULT,
    };
    const [own, host] = [await ours.query(query), await theirs.query(query)];
    expect(own.ids).toEqual(host.ids);
    expect(own.similarities).toEqual(
      host.similarities.map((similarity) => expect.closeTo(similarity, 5)),
    );
    // Differs: our store keeps the texts, so it returns the nodes.
    expect(own.nodes!.map((node) => node.id_)).toEqual(own.ids);
    expect(host.nodes).toBeUndefined();
  });

  const values = { name: "Luke", weight: 2.3, type: "puppy", height: 50, missing: "a" };
  const lists = {
    name: ["Anakin", "Leia"],
    weight: [1.2, 3.4],
    type: ["husky", "puppy"],
    height: [50],
    missing: ["a"],
  };
  const filters: MetadataFilter[] = [
    ...Object.entries(values).flatMap(([key, value]) =>
      (["==", "!=", "contains"] as const).map((operator) => ({ key, value, operator })),
    ),
    ...["name", "weight", "height", "missing"].flatMap((key) =>
      ([">", ">=", "<", "<="] as const).map((operator) => ({
        key,
        value: values[key as keyof typeof values],
        operator,
      })),
    ),
    ...Object.entries(lists).flatMap(([key, value]) =>
      (["in", "nin", "any", "all"] as const).map((operator) => ({ key, value, operator })),
    ),
    ...["name", "type", "missing"].map((key) => ({
      key,
      value: "Luk",
      operator: "text_match" as const,
    })),
    ...(["==", "!=", ">"] as const).map((operator) => ({ key: "none", value: "a", operator })),
    ...(["in", "nin", "any", "all"] as const).map((operator) => ({
      key: "none",
      value: ["a"],
      operator,
    })),
    ...["height", "blank", "bare", "none", "missing", "name"].map((key) => ({
      key,
      operator: "is_empty" as const,
    })),
    ...["doc_id", "ref_doc_id", "document_id"].map((key) => ({
      key,
      value: "litter",
      operator: "==" as const,
    })),
  ];

  it.each(filters)("finds the same nodes with $key $operator $value", async (filter) => {
    expect(await ask(ours, [filter])).toEqual(await ask(theirs, [filter]));
  });

  it.each(["and", "or", undefined] as const)(
    "combines filters in the same way with %s",
    async (condition) => {
      const pairs = filters.flatMap((one, row) => [
        [one, filters[(row * 7 + 3) % filters.length]!],
      ]);
      for (const pair of pairs)
        expect(await ask(ours, pair, condition)).toEqual(await ask(theirs, pair, condition));
      expect(await ask(ours, [], condition)).toEqual(await ask(theirs, [], condition));
    },
  );

  it("filters by docIds in the same way if they are ids of nodes", async () => {
    const query = {
      queryEmbedding,
      similarityTopK: 10,
      mode: VectorStoreQueryMode.DEFAULT,
      docIds: ["1", "3"],
    };
    expect((await ours.query(query)).ids.toSorted()).toEqual(
      (await theirs.query(query)).ids.toSorted(),
    );
    // Differs: they can also be ids of source documents, as in LlamaIndex's other stores.
    expect((await ours.query({ ...query, docIds: ["litter"] })).ids.toSorted()).toEqual([
      "1",
      "2",
      "3",
    ]);
  });

  it("deletes the nodes of a source document in the same way", async () => {
    await ours.delete("litter");
    await theirs.delete("litter");
    expect(await ask(ours)).toEqual(await ask(theirs));
  });

  it("differs: `in` and `nin` find zero and the empty string", async () => {
    expect(await ask(ours, [{ key: "zero", value: [0], operator: "in" }])).toEqual(["1"]);
    expect(await ask(theirs, [{ key: "zero", value: [0], operator: "in" }])).toEqual([]);
  });

  it("differs: values of different types have no order (SimpleVectorStore has one)", async () => {
    expect(await ask(ours, [{ key: "dogId", value: 0, operator: ">" }])).toEqual([]);
    expect(await ask(theirs, [{ key: "dogId", value: 0, operator: ">" }])).toEqual(["1", "2", "3"]);
    expect(await ask(ours, [{ key: "type", value: "puppy", operator: "<=" }])).toEqual([]);
    expect(await ask(theirs, [{ key: "type", value: "puppy", operator: "<=" }])).toEqual([
      "1",
      "2",
      "3",
    ]);
  });

  it("differs: text_match on a number does not match (SimpleVectorStore throws)", async () => {
    const filter: MetadataFilter[] = [{ key: "weight", value: "2", operator: "text_match" }];
    expect(await ask(ours, filter)).toEqual([]);
    await expect(ask(theirs, filter)).rejects.toThrow(TypeError);
  });

  it("differs: mmrThreshold has an effect, and mode mmr returns cosines", async () => {
    const query = {
      queryEmbedding: [0.3, 0.1],
      similarityTopK: 2,
      mode: VectorStoreQueryMode.MMR,
      mmrThreshold: 1,
    };
    const [own, host] = [await ours.query(query), await theirs.query(query)];
    const best = await ours.query({ ...query, mode: VectorStoreQueryMode.DEFAULT });
    expect(own).toEqual(best);
    expect(host.similarities[0]).toBeCloseTo(best.similarities[0]! / 2, 5);
  });
});

function dogs(): BaseNode[] {
  const source = { [NodeRelationship.SOURCE]: { nodeId: "litter", metadata: {} } };
  const dog = (id_: string, embedding: number[], text: string, metadata: object) =>
    new TextNode({ id_, embedding, text, metadata: { ...metadata }, relationships: source });
  return [
    dog("1", [0.1, 0.2], "The dog is brown", {
      name: "Anakin",
      dogId: "1",
      weight: 1.2,
      type: ["husky", "puppy"],
      height: 50,
      zero: 0,
    }),
    dog("2", [0.2, 0.3], "The dog is yellow", {
      name: "Luke",
      dogId: "2",
      weight: 2.3,
      type: ["puppy"],
      blank: "",
    }),
    dog("3", [0.3, 0.1], "The dog is red", {
      name: "Leia",
      dogId: "3",
      weight: 3.4,
      type: ["husky"],
      bare: [],
      none: null,
    }),
  ];
}
