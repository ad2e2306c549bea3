import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { Contender } from "../report/contender.mjs";
import { median } from "../report/statistics.mjs";
import { mixedLengths, textsOf } from "../texts.mjs";
import { folderSize } from "./sizes.mjs";

const query = "Which planet is known as the Red Planet?";

/** ONNX Runtime's threads spin for a while after a run and take CPU time from the next process. */
const pause = 150;

/**
 * Measures files of a model, all in turn, so that what else the machine does hits all of them.
 *
 * @param folder - folder with `model.mjs`
 */
export class Measurement {
  #model;
  #files;
  #module;
  #cache = mkdtempSync(join(tmpdir(), "bench-cache-"));
  #running = new Map();
  versions;

  constructor({ model, files, folder }) {
    this.#model = model;
    this.#files = files;
    this.#module = pathToFileURL(join(folder, "model.mjs"));
  }

  /**
   * Starts a process for each file, `starts` times.
   *
   * @returns by file: the first start on a machine, the median of the others in milliseconds, and
   * the bytes that the first start leaves on the disk
   */
  async starts(starts) {
    const times = new Map(this.#files.map(({ name }) => [name, []]));
    const kept = new Map();
    for (let turn = 0; turn <= starts; turn++) {
      for (const file of this.#files) {
        const started = await this.#start(file);
        await started.process.stop();
        times.get(file.name).push(started.startMilliseconds);
        kept.set(file.name, folderSize(join(this.#cache, file.name)));
      }
    }
    return this.#byFile(({ name }) => {
      const [first, ...others] = times.get(name);
      return { firstStart: first, start: median(others), kept: kept.get(name) };
    });
  }

  /** Memory of a fresh process after a query, and after documents of mixed length. */
  async memory(count) {
    const texts = textsOf(mixedLengths(count));
    const results = [];
    for (const file of this.#files) {
      const started = await this.#start(file);
      const { result: loaded } = await started.process.request("memory");
      await started.process.request("documents", { texts });
      const { result: used } = await started.process.request("memory");
      await started.process.stop();
      results.push({ loaded, used });
    }
    return this.#byFile((_, index) => results[index]);
  }

  /** Median milliseconds of a query, by file. */
  async queries(count) {
    const lengths = Array.from({ length: count }, (_, index) => 4 + (index % 9));
    const texts = textsOf(lengths);
    const times = new Map(this.#files.map(({ name }) => [name, []]));
    for (let start = 0; start < count; start += 5) {
      await this.#inTurn(async ({ name }, measure) => {
        const group = texts.slice(start, start + 5);
        times.get(name).push(...(await measure("queries", { texts: group })));
      });
    }
    return this.#byFile(({ name }) => median(times.get(name)));
  }

  /** Useful tokens per second of documents of mixed length, by file. */
  async documents(count, repeats) {
    const rates = await this.#rates(count, [["ours", "documents"]], repeats);
    return this.#byFile(({ name }) => rates[name].ours);
  }

  /**
   * The same for several ways to make batches. All of them run in one session.
   *
   * @param slowRepeats - for the ways that take several times longer
   */
  async ways(count, repeats, slowRepeats = 1) {
    const fast = [
      ["ours", "documents"],
      ["one by one", "alone"],
    ];
    const slow = [
      ["tens, input order", "padded", { size: 10 }],
      ["one padded batch", "padded", { size: count }],
    ];
    const fastRates = await this.#rates(count, fast, repeats);
    const slowRates = await this.#rates(count, slow, slowRepeats);
    return this.#byFile(({ name }) => ({ ...fastRates[name], ...slowRates[name] }));
  }

  /** Quality, by file; see `quality.mjs`. */
  async quality(options) {
    const results = [];
    for (const file of this.#files) {
      results.push(await (await this.#measureOf(file))("quality", options));
    }
    return this.#byFile((_, index) => results[index]);
  }

  async stop() {
    for (const { process } of this.#running.values()) await process.stop();
    rmSync(this.#cache, { recursive: true, force: true });
  }

  async #rates(count, ways, repeats) {
    const texts = textsOf(mixedLengths(count));
    const times = new Map(this.#files.map(({ name }) => [name, ways.map(() => [])]));
    let tokens = 0;
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const [index, [, request, options]] of ways.entries()) {
        await this.#inTurn(async ({ name }, measure) => {
          tokens ||= await measure("tokens", { texts });
          times.get(name)[index].push(await measure(request, { texts, ...options }));
        });
      }
    }
    return this.#byFile(({ name }) =>
      Object.fromEntries(
        ways.map(([way], index) => [way, (1000 * tokens) / median(times.get(name)[index])]),
      ),
    );
  }

  async #inTurn(task) {
    for (const file of this.#files) {
      const measure = await this.#measureOf(file);
      await delay(pause);
      await task(file, measure);
    }
  }

  /** Asks the process of a file that stays for all measures but those of starts and memory. */
  async #measureOf(file) {
    if (!this.#running.has(file)) this.#running.set(file, await this.#start(file, true));
    const { process } = this.#running.get(file);
    return async (request, options) => (await process.request(request, options)).result;
  }

  async #start({ name, load }, batches = false) {
    // What the embedder keeps for the next process: of each file alone, to time its first start.
    const env = { HF_ASSETS_CACHE: join(this.#cache, name) };
    const start = performance.now();
    const process = new Contender({ name, module: this.#module, env });
    const options = { model: this.#model, load, query, batches };
    const { result } = await process.request("prepare", options);
    this.versions = result.versions;
    return { process, startMilliseconds: performance.now() - start };
  }

  #byFile(resultOf) {
    return Object.fromEntries(this.#files.map((file, index) => [file.name, resultOf(file, index)]));
  }
}
