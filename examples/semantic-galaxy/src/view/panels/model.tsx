import type { ModelChoice } from "../../galaxy.ts";
import { LoadProgress } from "../progress.tsx";
import type { View } from "../view.ts";
import { modelNames } from "../words.ts";

const choices: readonly { choice: ModelChoice; name: string; says: string }[] = [
  {
    choice: "tiny",
    name: "Tiny model",
    says: "10 MB, part of this page, works offline. Small, so expect mistakes.",
  },
  {
    choice: "embeddinggemma",
    name: "EmbeddingGemma 300m",
    says:
      "Google's model, much better. Your browser downloads it once from the Hugging Face Hub: " +
      "310 MB, or 1.2 GB where it runs on WebGPU.",
  },
];

/** Which model embeds, and how it runs. */
export function Model({ view: { galaxy } }: { view: View }) {
  const model = galaxy.model.value;
  return (
    <>
      <fieldset class="choices" aria-label="Model">
        {choices.map(({ choice, name, says }) => (
          <label key={choice} class="choice">
            <input
              type="radio"
              name="model"
              checked={model.choice === choice}
              onChange={() => void galaxy.useModel(choice).catch(() => {})}
            />
            <span>
              <strong>{name}</strong>
              <span>{says}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <ModelStatus view={{ galaxy }} />
      <p class="fine">
        All texts are embedded again when you switch. EmbeddingGemma is under the{" "}
        <a href="https://ai.google.dev/gemma/terms">Gemma terms of use</a>.
      </p>
    </>
  );
}

function ModelStatus({ view: { galaxy } }: { view: Pick<View, "galaxy"> }) {
  const { status, choice, device, dtype, message } = galaxy.model.value;
  if (status === "loading") return <LoadProgress model={galaxy.model.value} />;
  if (status === "failed")
    return (
      <div class="failure">
        <p>
          <strong>{modelNames[choice]} did not load.</strong> {message}
        </p>
        <p>
          {choice === "tiny" ? "" : "The tiny model still works. "}
          <button
            type="button"
            class="link"
            onClick={() => void galaxy.useModel(choice).catch(() => {})}
          >
            Try again
          </button>
        </p>
      </div>
    );
  const runtime = device === "webgpu" ? "WebGPU" : "WebAssembly";
  return (
    <p class="runs">
      Runs on {runtime}
      {dtype ? `, ${dtype}` : ""}.
    </p>
  );
}
