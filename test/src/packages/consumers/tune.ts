import { Embedder } from "@embeddinggemma/core";
import { modelPath } from "@embeddinggemma/tiny-model";
import {
  evaluateRetrieval,
  type RetrievalData,
  saveAdapter,
  type TrainingPair,
  tune,
} from "@embeddinggemma/tune";

const pairs: TrainingPair[] = [
  { query: "Which planet is red?", document: "Mars looks rusty." },
  { query: "Which planet has rings?", document: { title: "Saturn", text: "Ice and dust." } },
  { query: "Which planet is the largest?", document: "Jupiter has more mass than the others." },
];
const validation: RetrievalData = {
  queries: { red: "the red one" },
  corpus: { mars: "Mars looks rusty.", jupiter: "Jupiter has more mass than the others." },
  relevant: { red: ["mars"] },
};

export async function main(): Promise<unknown> {
  const untuned = await Embedder.load(modelPath);
  const { adapter, history } = await tune(untuned, { pairs, validation, epochs: 2 });
  await saveAdapter(adapter, "adapter");
  const embedder = await Embedder.load(modelPath, { adapter: "adapter" });
  const { results } = await evaluateRetrieval({ untuned, embedder }, validation);
  await embedder.dispose();
  await untuned.dispose();
  const loaded = embedder.adapter?.digest === adapter.digest;
  return [history.length, loaded, results.map(({ system }) => system)];
}
