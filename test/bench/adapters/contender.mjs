import { setTimeout as delay } from "node:timers/promises";

/**
 * The functions that the process of a contender answers with (see ../report/contender.mjs).
 *
 * @param load - loads the embedding model with `{ model, dtype, threads }`, and returns
 * - `embedOne(text)`, for the warm-up,
 * - `index(documents)`: embeds `{ id, title?, text, whole }` (`whole` has the title, for frameworks
 *   without titles) and puts them into a new store; returns `ask(question, k)`, which gives the
 *   ids of the documents found, best first
 */
export function adapterContender(load) {
  let contender;
  let ask;
  let prompts;

  return {
    /** @param options - `prompts`, if given, are put before texts: the framework has none */
    async prepare(options) {
      prompts = options.prompts;
      contender = await load(options);
      await contender.embedOne("What is a vector store?");
    },

    async index({ documents }) {
      ask = undefined;
      globalThis.gc();
      ask = await contender.index(
        documents.map((document) => ({ ...document, whole: wholeText(document, prompts) })),
      );
    },

    /** @returns the milliseconds and the first `k` documents of each question */
    async ask({ questions, k }) {
      await delay(20); // What the index left behind, such as a worker's last message.
      const milliseconds = [];
      const found = [];
      for (const question of questions) {
        const start = performance.now();
        const ids = await ask((prompts?.query ?? "") + question, k);
        milliseconds.push(performance.now() - start);
        found.push([...new Set(ids)]);
      }
      return { milliseconds, found };
    },
  };
}

function wholeText({ title, text }, prompts) {
  return (prompts?.document ?? "") + (title ? `${title}\n${text}` : text);
}
