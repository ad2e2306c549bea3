// Prints the scores of documents for a query, as the embedder computes them in process.
import { Embedder } from "@embeddinggemma/core";

const { model, query, documents } = JSON.parse(process.argv[2]);
const embedder = await Embedder.load(model);

const [withPrompts] = embedder.similarity(
  await embedder.encodeQuery([query]),
  await embedder.encodeDocument(documents),
);
const prompt = "";
const [withoutPrompts] = embedder.similarity(
  await embedder.encode([query], { prompt }),
  await embedder.encode(documents, { prompt }),
);
console.log(JSON.stringify({ withPrompts, withoutPrompts }));
await embedder.dispose();
