import { describeChanges, rankingChanges } from "./ranking-changes.ts";
import type { View } from "./view.ts";

const dimensions = [768, 512, 256, 128] as const;

/** Two settings that change what is found, and what they changed. */
export function Lens({ view }: { view: View }) {
  return (
    <section class="lens" aria-label="What changes the results">
      <Dimensions view={view} />
      <Prompts view={view} />
    </section>
  );
}

function Dimensions({ view: { galaxy, hits, fullHits } }: { view: View }) {
  const dimension = galaxy.dimension.value;
  const changes = describeChanges(rankingChanges(hits.value, fullHits.value));
  return (
    <div class="setting">
      <label for="dimension">Numbers kept</label>
      <output for="dimension">{dimension}</output>
      <input
        id="dimension"
        type="range"
        min={0}
        max={dimensions.length - 1}
        step={1}
        value={dimensions.indexOf(dimension)}
        aria-valuetext={`${dimension} numbers`}
        aria-describedby="dimension-says"
        onInput={({ currentTarget }) => {
          galaxy.dimension.value = dimensions[Number(currentTarget.value)]!;
        }}
      />
      <div class="ticks" aria-hidden="true">
        {dimensions.map((each) => (
          <span key={each}>{each}</span>
        ))}
      </div>
      <p id="dimension-says">
        {dimension === 768
          ? "The first numbers of a vector matter most. Keep fewer and see what you lose."
          : `${Math.round((dimension / 768) * 100)}% of the memory. ${changes}`}
      </p>
    </div>
  );
}

function Prompts({ view: { galaxy, fullHits, promptedHits } }: { view: View }) {
  const on = galaxy.prompts.value;
  const before = promptedHits.value;
  const changes = before ? describeChanges(rankingChanges(fullHits.value, before)) : "";
  return (
    <div class="setting">
      <label for="prompts">Prompts</label>
      <input
        id="prompts"
        type="checkbox"
        role="switch"
        checked={on}
        aria-checked={on}
        aria-describedby="prompts-says"
        onChange={({ currentTarget }) => {
          galaxy.prompts.value = currentTarget.checked;
        }}
      />
      <p id="prompts-says">
        {on
          ? "The model was trained with short instructions, such as “task: search result | query: ”."
          : `Without the instructions that the model was trained with. ${changes}`}
      </p>
    </div>
  );
}
