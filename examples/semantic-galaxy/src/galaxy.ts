import { batch, computed, effect } from "@preact/signals";
import { Embedding } from "./embedding/embedding.ts";
import type { ModelChoice } from "./embedding/model-choices.ts";
import { dimension as fullDimension } from "./embedding/vector-table.ts";
import type { ExportedGalaxy } from "./export/exported-galaxy.ts";
import { wordsOf } from "./galaxy/failure-words.ts";
import { followQuery } from "./galaxy/follow-query.ts";
import { GalaxyKeeper } from "./galaxy/galaxy-keeper.ts";
import { createState, emptyChart } from "./galaxy/galaxy-state.ts";
import type { Galaxy } from "./galaxy/galaxy-types.ts";
import { GalaxyWork, labelText } from "./galaxy/galaxy-work.ts";
import { loadModel } from "./galaxy/load-model.ts";
import { startLayout } from "./layout/layout.ts";
import type { StoredGalaxy } from "./storage/galaxy-storage.ts";
import type { GalaxyText } from "./texts/galaxy-text.ts";
import { newTexts } from "./texts/new-texts.ts";
import { readFile } from "./texts/read-file.ts";
import { readPlainText } from "./texts/read-plain-text.ts";
import { loadSample } from "./texts/sample.ts";
import { type FoundText, limits } from "./texts/text-limits.ts";

export type { ModelChoice } from "./embedding/model-choices.ts";
export type { Hit } from "./embedding/vector-table.ts";
export type { Galaxy, ModelState, Points, Work } from "./galaxy/galaxy-types.ts";
export type { GalaxyText } from "./texts/galaxy-text.ts";
export { fileTypes } from "./texts/read-file.ts";

const noPlaces: StoredGalaxy["places"] = emptyChart();

/** The galaxy of this page. Its models, vectors and places live in two workers. */
export function createGalaxy(): Galaxy {
  const embedding = new Embedding();
  const layout = startLayout();
  const state = createState();
  const keeper = new GalaxyKeeper(state);
  const work = new GalaxyWork(state, embedding, layout, keeper);
  const { texts, chart, embedded, running, problem, prompts, encoding, dimension } = state;
  followQuery(state, embedding);
  effect(() => {
    if (!prompts.value) void work.start();
  });

  /** @param places - where the texts are until they are placed anew */
  async function replaceTexts(next: readonly GalaxyText[], places = noPlaces): Promise<void> {
    forgetVectors(0);
    const { x, y, color } = places;
    const placed = await layout.call("reset", {
      places: { x, y, color },
      texts: next.slice(0, x.length).map(labelText),
    });
    batch(() => {
      texts.value = next;
      chart.value = placed;
      embedded.prompts.value = 0;
      embedded.plain.value = 0;
    });
  }

  /** Tells the worker, which answers later calls after that. */
  function forgetVectors(count: number): void {
    if (!running.value) return;
    embedding.worker.call("truncate", { count }).catch((error) => {
      problem.value = wordsOf(error);
    });
  }

  async function embedAnew(next: readonly GalaxyText[], places = noPlaces): Promise<void> {
    await work.stop();
    state.isPlaced = false;
    await replaceTexts(next, places);
    await keeper.forgetVectors();
    await keeper.save();
    await work.start();
  }

  async function useModel(choice: ModelChoice): Promise<void> {
    if (await loadModel(choice, state, embedding)) await embedAnew(texts.value, chart.value);
    // It was chosen before the first model was ready.
    else if (!running.value && choice !== "tiny" && state.model.value.status === "failed")
      await useModel("tiny");
  }

  async function add(found: readonly FoundText[], source: string): Promise<void> {
    const { added, tooMany } = newTexts(found, texts.value, source);
    if (tooMany > 0) {
      problem.value =
        `${source}: ${tooMany.toLocaleString("en")} texts were left out, since the galaxy holds ` +
        `${limits.texts.toLocaleString("en")}.`;
    }
    if (added.length === 0) return;
    state.isPlaced = false;
    texts.value = [...texts.value, ...added];
    await keeper.save();
    await work.start();
  }

  /** Takes the texts, places and vectors of the last visit. */
  async function restore(stored: StoredGalaxy): Promise<void> {
    await replaceTexts(stored.texts, stored.places);
    state.isPlaced = stored.isPlaced;
  }

  /** Takes the vectors of the last visit, in order, as far as there is no gap. */
  async function restoreVectors(): Promise<void> {
    for (const which of ["prompts", "plain"] as const) {
      for await (const { from, vectors } of keeper.readVectors(which) ?? []) {
        const count = embedded[which];
        if (from !== count.value) break;
        const to = from + vectors.length / fullDimension;
        if (to > texts.value.length) break;
        await embedding.worker.call("restore", { encoding: which, vectors });
        if (which === "prompts") {
          const added = texts.value.slice(from, to).map(labelText);
          chart.value = await layout.call(
            "add",
            { from, vectors, width: fullDimension, texts: added },
            { transfer: [vectors.buffer] },
          );
        }
        count.value = to;
      }
    }
  }

  function exported(): ExportedGalaxy {
    const count = embedded.prompts.value;
    if (!running.value || count === 0) throw new Error("There is nothing to export yet.");
    const { identity } = running.value;
    const { x, y } = chart.value;
    return {
      texts: texts.value.slice(0, count),
      x,
      y,
      identity,
      dimension: fullDimension,
      vectors: (from, to) => embedding.worker.call("vectors", { encoding: "prompts", from, to }),
    };
  }

  return {
    texts,
    points: state.points,
    model: state.model,
    work: state.work,
    problem,
    dimension,
    prompts,
    query: state.query,
    hits: state.hits,
    fullHits: state.fullHits,
    clusters: computed(() => chart.value.clusters),

    async start() {
      const stored = await keeper.open();
      if (stored && stored.texts.length > 0) await restore(stored);
      else await replaceTexts(await loadSample());
      const choice = stored?.choice ?? "tiny";
      if (!(await loadModel(choice, state, embedding)) && choice !== "tiny")
        await loadModel("tiny", state, embedding);
      if (!running.value) return;
      if (stored?.identity === running.value.identity) await restoreVectors();
      else {
        state.isPlaced = false;
        await keeper.forgetVectors();
        await keeper.save();
      }
      await work.start();
    },

    useModel,

    async addText(pasted, name = "Your text") {
      await add(readPlainText(pasted), name);
    },

    async addFiles(files) {
      for (const file of files) {
        try {
          await add(await readFile(file), file.name);
        } catch (error) {
          problem.value = wordsOf(error);
        }
      }
    },

    cancel() {
      const count = embedded.prompts.value;
      batch(() => {
        if (count < texts.value.length) texts.value = texts.value.slice(0, count);
        else prompts.value = true;
      });
      forgetVectors(count);
      work.endStep();
    },

    async clear() {
      await work.stop();
      await replaceTexts([]);
      await keeper.forgetAll();
    },

    async showSample() {
      await embedAnew(await loadSample());
    },

    compare: async (left, right) =>
      embedding.worker.call("compare", { left, right, encoding: encoding.value }),

    neighbors: async (index, k) =>
      embedding.worker.call("neighbors", {
        index,
        k,
        encoding: encoding.value,
        count: dimension.value,
      }),

    async exportJson() {
      const { exportJson } = await import("./export/export-json.ts");
      return exportJson(exported());
    },

    async exportFaiss() {
      const { exportFaiss } = await import("./export/export-faiss.ts");
      return exportFaiss(exported());
    },
  };
}
