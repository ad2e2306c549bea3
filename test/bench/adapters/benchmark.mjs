/**
 * Indexing and questions through LangChain and LlamaIndex: our embeddings and store, beside the
 * embeddings and stores that their users take.
 */
import { readFile, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { readRetrieval } from "../files/data-sets.mjs";
import { ndcgAt10 } from "../files/measures.mjs";
import { versionsOf } from "../report/machine.mjs";
import { modelFolder, namedBy } from "../report/options.mjs";
import { installPeers } from "../report/peers.mjs";
import { inRounds, startAll, stopAll } from "../report/rounds.mjs";
import { median, percentile } from "../report/statistics.mjs";
import { writePassages } from "./passages.mjs";

export const summary = "Indexing and questions through LangChain and LlamaIndex";

export const options = {
  documents: { default: 5000, short: 60, help: "documents to index; 500 for a large model" },
  questions: { default: 100, short: 10, help: "questions" },
  retrieval: {
    value: "PATH",
    help: "a data set as BEIR's, or a file, one passage a line; default: comments of packages",
  },
  prompts: { help: "peers get the model's prompts, too, for the same number of tokens" },
  dtype: { default: "q8", help: "file of the model" },
  threads: { default: availableParallelism(), help: "threads of each contender" },
  repeats: { default: 1, help: "rounds of indexing, after a warm-up" },
  slow: { default: 5, help: "seconds: indexing that takes longer is done once" },
  only: { value: "NAMES", help: "only contenders with these in their names" },
};

const here = (file) => new URL(`contenders/${file}`, import.meta.url);
const peer = (file) => new URL(`../peers/adapters/${file}`, import.meta.url);
const community = peer("langchain-community.mjs");
const own = [
  { name: "LangChain: ours", module: here("langchain.mjs"), ours: true },
  { name: "LlamaIndex: ours", module: here("llamaindex.mjs"), ours: true },
];
const peers = [
  {
    name: "LangChain: HuggingFace, MemoryVectorStore",
    module: community,
    options: { store: "memory" },
  },
  {
    name: "LangChain: HuggingFace, FaissStore",
    module: community,
    options: { store: "faiss" },
  },
  {
    name: "LlamaIndex: HuggingFace, SimpleVectorStore",
    module: peer("llamaindex-huggingface.mjs"),
  },
];
const k = 10;
/** Contenders take turns after this many questions. */
const turn = 10;

export async function run({ options, report, short, log }) {
  const model = modelFolder(options.positional);
  const { dtype, threads, repeats, slow } = options;
  const { documents, questions, grades } = await readTask(options);
  log(`${documents.length} documents, ${questions.length} questions`);
  const prompts = options.prompts ? await promptsOf(model) : undefined;
  const contenders = contendersFor(options, short, log).map((contender) =>
    contender.ours ? contender : { ...contender, options: { ...contender.options, prompts } },
  );
  const entries = await startAll(contenders, { model, dtype, threads }, log);
  try {
    const indexing = await inRounds(
      entries,
      "index",
      { documents },
      { repeats, slow: 1000 * slow },
    );
    for (const entry of entries) entry.error ??= indexing[entry.name].error;
    const asking = await askInTurns(entries, questions);
    const results = entries.map(({ name, contender, error }) => ({
      name,
      ours: contender.ours === true,
      ...(error ? { error } : resultOf(indexing[name], asking.get(name), grades, documents.length)),
    }));
    show(report, results, { documents, questions, dtype, prompts });
  } finally {
    await stopAll(entries);
  }
}

/** Questions spread over all of those of the task. */
async function readTask({ retrieval, documents: limit, questions: count }) {
  const path = retrieval ?? (await writePassages(20 * limit));
  const task = await readRetrieval(path, limit);
  if (!retrieval) await rm(dirname(path), { recursive: true });
  const step = Math.max(task.queries.length / count, 1);
  const chosen = Array.from({ length: Math.min(count, task.queries.length) }, (_, index) =>
    Math.floor(index * step),
  );
  return {
    documents: task.documents,
    questions: chosen.map((index) => task.queries[index]),
    grades: chosen.map((index) => task.grades[index]),
  };
}

async function promptsOf(model) {
  const { prompts } = JSON.parse(
    await readFile(join(model, "config_sentence_transformers.json"), "utf8"),
  );
  return { query: prompts.query, document: prompts.document };
}

function contendersFor({ only }, short, log) {
  const wanted = namedBy(only, [...own, ...(short ? [] : peers)]);
  const missing = wanted.every(({ ours }) => ours) ? undefined : installPeers(log);
  return wanted.map((contender) => (contender.ours ? contender : { ...contender, missing }));
}

async function askInTurns(entries, questions) {
  const answers = new Map(entries.map(({ name }) => [name, { milliseconds: [], found: [] }]));
  for (let start = 0; start < questions.length; start += turn) {
    for (const entry of entries) {
      if (entry.error) continue;
      const answer = answers.get(entry.name);
      const some = { questions: questions.slice(start, start + turn), k };
      try {
        const { result, peak } = await entry.process.request("ask", some);
        answer.milliseconds.push(...result.milliseconds);
        answer.found.push(...result.found);
        answer.peak = peak;
      } catch (error) {
        entry.error = error.message;
      }
    }
  }
  return answers;
}

function resultOf(indexing, { milliseconds, found, peak }, grades, documents) {
  const seconds = median(indexing.milliseconds) / 1000;
  return {
    seconds,
    documentsPerSecond: documents / seconds,
    p50: percentile(milliseconds, 50),
    p99: percentile(milliseconds, 99),
    peak,
    ndcg: ndcgAt10(found, grades),
    milliseconds,
  };
}

function show(report, results, { documents, questions, dtype, prompts }) {
  const title = `${documents.length} documents and ${questions.length} questions, ${dtype}`;
  const short = (number) => String(Number(number.toPrecision(3)));
  report.table(
    title,
    [
      ["", "index, s", "documents/s", "question, p50 ms", "p99 ms", "peak, MiB", "NDCG@10"],
      ...results.map((one) =>
        one.error
          ? [one.name, one.error, "–", "–", "–", "–", "–"]
          : [
              one.name,
              short(one.seconds),
              short(one.documentsPerSecond),
              short(one.p50),
              short(one.p99),
              Math.round(one.peak / 2 ** 20),
              one.ndcg.toFixed(3),
            ],
      ),
    ],
    [
      "HuggingFace: `HuggingFaceTransformersEmbeddings` and `FaissStore` are those of " +
        "@langchain/community, `HuggingFaceEmbedding` that of @llamaindex/huggingface. They take " +
        "the mean of the hidden states.",
      prompts
        ? "All texts have the model's prompts."
        : "Ours put the model's prompts before the texts, peers do not: they have fewer tokens.",
    ],
  );
  report.figures("adapters", results);
  report.versions({
    ...versionsOf(["@huggingface/transformers", "@langchain/core", "llamaindex", "faiss-node"]),
    ...versionsOf(
      ["@langchain/community", "@llamaindex/huggingface"],
      new URL("../peers/adapters/", import.meta.url),
    ),
  });
  const bars = (value) =>
    results.map((one) => ({
      name: one.name,
      ours: one.ours,
      ...(one.error ? { note: "failed" } : { value: value(one) }),
    }));
  report.bars("index", {
    title: "Documents indexed per second (more is better)",
    subtitle: title,
    unit: "documents/s",
    bars: bars((one) => one.documentsPerSecond),
  });
  report.bars("question", {
    title: "Time of a question (less is better)",
    subtitle: title,
    unit: "ms, median",
    bars: bars((one) => one.p50),
  });
}
