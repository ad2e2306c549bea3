// Compares the vectors of a server, through Embedder.connect, with those of the tiny model in
// process. Usage: node connect.mjs http://127.0.0.1:7997
import { Embedder } from "@embeddinggemma/core";
import { modelPath } from "@embeddinggemma/tiny-model";

const largestDifference = 1e-5;

const query = "Which planet is known as the Red Planet?";
const documents = [
  "Venus is often called Earth's twin because of its similar size and proximity.",
  "Mars, known for its reddish appearance, is often referred to as the Red Planet.",
  "Jupiter, the largest planet in our solar system, has a prominent red spot.",
  "Saturn, famous for its rings, is sometimes mistaken for the Red Planet.",
];
const texts = [...documents, "Größe, 日本語, مرحبا, привет", "def add(a, b): return a + b"];
for (let words = 1; words <= 512; words *= 2) texts.push(Array(words).fill("planet").join(" "));

const local = await Embedder.load(modelPath);
const remote = await Embedder.connect(process.argv[2], {
  prompts: local.prompts,
  matryoshkaDimensions: local.matryoshkaDimensions,
  maxTokens: local.maxTokens,
  tokenizer: modelPath,
});
let isSame = true;
for (const truncateDim of local.matryoshkaDimensions) {
  const options = { truncateDim };
  const [scores] = remote.similarity(
    await remote.encodeQuery([query], options),
    await remote.encodeDocument(documents, options),
  );
  const expected = await local.encodeDocument(texts, options);
  const actual = await remote.encodeDocument(texts, options);
  const difference = Math.max(...actual.map((vector, row) => distance(vector, expected[row])));
  isSame &&= difference <= largestDifference;
  const rounded = scores.map((score) => score.toFixed(4)).join(" ");
  console.log(`${truncateDim}: ${rounded}, largest difference ${difference.toExponential(0)}`);
}
await local.dispose();
await remote.dispose();
if (!isSame) throw new Error("These are not the vectors of the tiny model.");

function distance(vector, other) {
  if (vector.length !== other.length) return Number.POSITIVE_INFINITY;
  return vector.reduce((most, value, n) => Math.max(most, Math.abs(value - other[n])), 0);
}
