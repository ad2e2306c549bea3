/** `Embedder`, by length of a text, number of texts, and number of callers. */
import { Embedder } from "@embeddinggemma/core";
import { textsOf } from "../../texts.mjs";
import { timesOf } from "../times.mjs";

let embedder;
const embed = (texts) => embedder.encode(texts, { prompt: "" });

export async function prepare({ model, dtype, threads }) {
  embedder = await Embedder.load(model, { dtype, threads });
  await embed(textsOf([16, 64]));
}

/** @returns the times of one text of so many tokens */
export async function length({ tokens, budget }) {
  const text = await textOfTokens(tokens);
  return timesOf(() => embed(text), budget);
}

/** @returns the times of all texts in one call, and their tokens */
export async function texts({ lengths, budget }) {
  const all = textsOf(lengths);
  let tokens = 0;
  for (const text of all) tokens += await tokensOf(text);
  return { tokens, times: await timesOf(() => embed(all), budget) };
}

/**
 * Several callers at once; each embeds one text or query after the other.
 *
 * @returns texts a second, and the milliseconds of each call
 */
export async function callers({ count, query, lengths, budget }) {
  const all = textsOf(lengths);
  const call = query ? (text) => embedder.encodeQuery(text) : embed;
  const milliseconds = [];
  let next = 0;
  const start = performance.now();
  await Promise.all(
    Array.from({ length: count }, async () => {
      while (next < count || performance.now() - start < budget) {
        const began = performance.now();
        await call(all[next++ % all.length]);
        milliseconds.push(performance.now() - began);
      }
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  return { rate: milliseconds.length / seconds, milliseconds };
}

const tokensOf = (text) => embedder.countTokens(text, { prompt: "" });

/** One word more or less is one token more or less, in most cases. */
async function textOfTokens(tokens) {
  let words = Math.max(tokens - 2, 1);
  for (let attempt = 0; attempt < 5; attempt++) {
    const difference = tokens - (await tokensOf(textsOf([words])[0]));
    if (difference === 0) break;
    words = Math.max(words + difference, 1);
  }
  return textsOf([words])[0];
}
