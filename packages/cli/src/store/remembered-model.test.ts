import { expect, it } from "vitest";
import { rememberedModel } from "./remembered-model.ts";

const nothing = { model: false, adapter: false, remember: false };
const saved = { model: "b", dtype: "q8", adapter: "/two" };

it("takes only what the run was given, as another run may have saved the rest meanwhile", () => {
  const own = { model: "a", dtype: "q4", adapter: "/one" };
  expect(rememberedModel(saved, own, nothing)).toEqual(saved);
  const withAdapter = { model: "b", dtype: "q8", adapter: "/one" };
  expect(rememberedModel(saved, own, { ...nothing, adapter: true })).toEqual(withAdapter);
  const withModel = { model: "a", dtype: "q4", adapter: "/two" };
  expect(rememberedModel(saved, own, { ...nothing, model: true })).toEqual(withModel);
  expect(rememberedModel(undefined, own, nothing)).toEqual(own);
});

it("forgets an adapter, and replaces a model by a server only if it is told to", () => {
  const own = { url: "http://localhost:8080" };
  const given = { ...nothing, model: true, adapter: true };
  expect(rememberedModel(saved, own, given)).toEqual({ model: "b", dtype: "q8" });
  expect(rememberedModel(saved, own, { ...given, remember: true })).toEqual(own);
});
