/**
 * The server under load: requests from 1 to 512 clients, with one text and with several, beside the
 * same calls in one process, and beside infinity-emb.
 */
import { availableParallelism } from "node:os";
import { Contender } from "../report/contender.mjs";
import { versionsOf } from "../report/machine.mjs";
import { modelFolder } from "../report/options.mjs";
import { median, percentile } from "../report/statistics.mjs";
import { textsOf } from "../texts.mjs";
import { startInfinity } from "./infinity.mjs";
import { loadOf } from "./load.mjs";

export const summary = "The server under load, beside calls in one process and infinity-emb";

export const options = {
  dtype: { default: "q8", help: "file of the model" },
  clients: { default: "1,8,64,512", short: "1,8", help: "how many clients send at once" },
  batches: { default: "1,8", short: "1,4", help: "texts in a request" },
  words: { default: 12, help: "words of a text" },
  requests: { default: 128, short: 16, help: "fewest requests of each point" },
  maxTexts: {
    default: 4096,
    short: 64,
    help: "most texts of a point; points with more are left out",
  },
  rounds: { default: 3, short: 1, help: "rounds, in turns" },
  threads: { default: availableParallelism(), help: "threads of each contender" },
  infinity: { value: "PATH", help: "the program infinity_emb, to compare; default: not compared" },
  infinityModel: { value: "FOLDER", help: "the same model for infinity_emb, in PyTorch" },
};

export async function run({ options, report, short: isShort, log }) {
  const model = modelFolder(options.positional);
  const { dtype, threads, rounds } = options;
  const contenders = [];
  const notes = [];
  try {
    const settings = { model, dtype, threads };
    contenders.push(await inProcess(settings), await ourServer(settings));
    if (options.infinity && !isShort) contenders.push(await startInfinity({ ...options, log }));
    else notes.push("infinity-emb was not compared: set `--infinity` and `--infinityModel`.");
    const points = pointsOf(options);
    for (const { load } of contenders) await load({ ...points[0], ...warmUp });
    for (let round = 1; round <= rounds; round++) {
      for (const point of points) {
        for (const { load, runs } of contenders) {
          const run = await load(point);
          runs.push({ clients: point.clients, batch: point.batch, ...run });
        }
      }
      log(`round ${round} of ${rounds}`);
    }
    for (const contender of contenders) contender.peak = await contender.memory();
    tables(report, points, contenders, notes);
  } finally {
    for (const { stop } of contenders) await stop();
  }
  report.versions(versionsOf(["@embeddinggemma/server", "@hono/node-server", "autocannon"]));
}

const warmUp = { clients: 1, amount: 2 };

/** What is measured: every number of clients with every number of texts. */
function pointsOf({ clients, batches, words, requests, maxTexts }) {
  const numbers = (list) => list.split(",").map(Number);
  return numbers(batches).flatMap((batch) =>
    numbers(clients)
      .map((count) => ({ clients: count, batch, amount: Math.max(2 * count, requests) }))
      .filter(({ amount }) => amount * batch <= maxTexts)
      .map((point) => ({ ...point, bodies: bodiesOf(batch, words) })),
  );
}

/** Texts of many requests, all different. */
function bodiesOf(batch, words) {
  const texts = textsOf(Array(64 * batch).fill(words));
  return Array.from({ length: 64 }, (_, index) => texts.slice(index * batch, (index + 1) * batch));
}

async function inProcess(settings) {
  const process = new Contender({
    name: "in process",
    module: new URL("contenders/in-process.mjs", import.meta.url),
  });
  await process.request("prepare", settings);
  return {
    name: "`Embedder`, in process",
    runs: [],
    load: async (point) => ({ lost: 0, ...(await process.request("load", point)).result }),
    memory: async () =>
      (await process.request("load", { clients: 0, amount: 0, bodies: [[]] })).peak,
    stop: () => process.stop(),
  };
}

async function ourServer(settings) {
  const process = new Contender({
    name: "server",
    module: new URL("contenders/our-server.mjs", import.meta.url),
  });
  const { url } = (await process.request("prepare", settings)).result;
  return {
    name: "`@embeddinggemma/server`",
    runs: [],
    load: (point) => loadOf({ ...point, url }),
    memory: async () => (await process.request("idle")).peak,
    stop: () => process.stop(),
  };
}

function tables(report, points, contenders, notes) {
  const cells = contenders.map(({ name, runs, peak }) => ({
    name,
    peak,
    lost: runs.reduce((sum, { lost }) => sum + lost, 0),
    points: points.map(({ clients, batch }) => {
      const ofPoint = runs.filter((run) => run.clients === clients && run.batch === batch);
      const rates = ofPoint.map(({ milliseconds, seconds }) => milliseconds.length / seconds);
      const p99 = percentile(
        ofPoint.flatMap(({ milliseconds }) => milliseconds),
        99,
      );
      return { clients, batch, rates, rate: median(rates), p99 };
    }),
  }));
  report.figures("load", cells);
  for (const batch of new Set(points.map((point) => point.batch))) {
    const texts = batch === 1 ? "1 text" : `${batch} texts`;
    const ofBatch = ({ points }) => points.filter((point) => point.batch === batch);
    const baseline = ofBatch(cells[0]);
    const header = ["clients", ...baseline.map(({ clients }) => clients)];
    report.table(`Requests a second, each with ${texts}`, [
      header,
      ...cells.map((contender) => [
        contender.name,
        ...ofBatch(contender).map(
          ({ rate }, index) => `${short(rate)} (${(rate / baseline[index].rate).toFixed(2)})`,
        ),
      ]),
    ]);
    report.table(`99th percentile of their times in ms, each with ${texts}`, [
      header,
      ...cells.map(({ name, points }) => [
        name,
        ...ofBatch({ points }).map(({ p99 }) => short(p99)),
      ]),
    ]);
    report.lines(batch === 1 ? "single" : `batch-${batch}`, {
      title: `Requests a second by clients, each with ${texts} (more is better)`,
      subtitle: "each client sends its next request when it has an answer",
      x: { name: "clients", log: true },
      y: { name: "requests/s" },
      series: cells.map(({ name, points }) => ({
        name: name.replaceAll("`", ""),
        ours: name.includes("server"),
        points: ofBatch({ points }).map(({ clients, rate }) => [clients, rate]),
      })),
    });
  }
  report.table(
    "All requests",
    [
      ["", "not answered", "peak memory, MiB"],
      ...cells.map(({ name, lost, peak }) => [name, lost, Math.round(peak / 2 ** 20)]),
    ],
    notes,
  );
}

function short(value) {
  return value >= 100
    ? Math.round(value).toLocaleString("en-US")
    : String(Number(value.toPrecision(3)));
}
