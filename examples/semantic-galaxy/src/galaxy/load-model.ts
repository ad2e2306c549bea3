import { batch } from "@preact/signals";
import type { Embedding } from "../embedding/embedding.ts";
import type { ModelChoice } from "../embedding/model-choices.ts";
import { whyNoModel } from "./failure-words.ts";
import { type GalaxyState, loadingState } from "./galaxy-state.ts";
import type { ModelState } from "./galaxy-types.ts";

let lastLoad = 0;

/**
 * Loads a model in place of the one that runs, which runs until then, and goes on if this fails.
 *
 * @returns whether another model runs now
 */
export async function loadModel(
  choice: ModelChoice,
  { model, running, embedded, problem }: GalaxyState,
  embedding: Embedding,
): Promise<boolean> {
  const load = ++lastLoad;
  if (running.value?.state.choice === choice) {
    embedding.cancelLoad();
    model.value = running.value.state;
    return false;
  }
  const update = (state: Partial<ModelState>): void => {
    if (load === lastLoad) model.value = { ...model.value, ...state };
  };
  model.value = loadingState(choice);
  try {
    const { identity, device, dtype } = await embedding.load(
      {
        choice,
        base: new URL("./", document.baseURI).href,
        hub: new URL(location.href).searchParams.get("hub") ?? undefined,
      },
      { onProgress: update },
    );
    const { loaded, total } = model.value;
    const state: ModelState = { choice, status: "ready", loaded, total, device, dtype };
    batch(() => {
      update(state);
      running.value = { state, identity };
      embedded.prompts.value = 0;
      embedded.plain.value = 0;
    });
    return true;
  } catch (error) {
    if (load !== lastLoad) return false;
    const message = whyNoModel(error);
    batch(() => {
      update({ status: "failed", message });
      problem.value = message;
    });
    return false;
  }
}
