import { batch, effect } from "@preact/signals";
import type { Embedding } from "../embedding/embedding.ts";
import type { GalaxyState } from "./galaxy-state.ts";

const hitCount = 50;

/**
 * Searches whenever the query, the dimension, the prompts, the model or the texts change. While a
 * search runs, only the last change waits.
 */
export function followQuery(state: GalaxyState, embedding: Embedding): void {
  const { query, dimension, encoding, embedded, running, hits, fullHits } = state;
  let isSearching = false;
  let isOutdated = false;
  effect(() => {
    const question = {
      query: query.value.trim(),
      encoding: encoding.value,
      count: dimension.value,
      k: hitCount,
    };
    const canSearch = running.value !== undefined && embedded[encoding.value].value > 0;
    if (question.query === "" || !canSearch) {
      isOutdated = true;
      batch(() => {
        hits.value = [];
        fullHits.value = [];
      });
      return;
    }
    isOutdated = true;
    if (!isSearching) void searchLast();
  });

  async function searchLast(): Promise<void> {
    isSearching = true;
    while (isOutdated && query.value.trim() !== "") {
      isOutdated = false;
      const question = {
        query: query.value.trim(),
        encoding: encoding.value,
        count: dimension.value,
        k: hitCount,
      };
      const found = await embedding.worker.call("search", question).catch(() => undefined);
      if (!found || query.value.trim() === "") continue;
      batch(() => {
        hits.value = found.hits;
        fullHits.value = found.fullHits;
      });
    }
    isSearching = false;
  }
}
