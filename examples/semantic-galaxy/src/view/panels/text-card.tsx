import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { GalaxyText, Hit } from "../../galaxy.ts";
import { Cosine } from "../cosine.tsx";
import { nameOf, type View } from "../view.ts";

const shownNeighbors = 8;

/** A text, and the texts nearest to it. */
export function TextCard({ view, index, text }: { view: View; index: number; text: GalaxyText }) {
  const { galaxy } = view;
  const neighbors = useSignal<readonly Hit[]>([]);
  const dimension = galaxy.dimension.value;
  const prompts = galaxy.prompts.value;
  useEffect(() => {
    let current = true;
    void galaxy.neighbors(index, shownNeighbors).then(
      (hits) => {
        if (current) neighbors.value = hits;
      },
      // The message of the problem is shown where all of them are.
      () => {},
    );
    return () => {
      current = false;
    };
  }, [index, dimension, prompts]);
  return (
    <>
      {text.category && <p class="category">{text.category}</p>}
      <p class="full-text">{text.text}</p>
      <h3>Nearest texts</h3>
      <ol class="neighbors">
        {neighbors.value.map(({ index: other, cosine }) => (
          <li key={other}>
            <button
              type="button"
              onClick={() => view.pin(other)}
              onPointerEnter={() => {
                view.hovered.value = other;
              }}
              onPointerLeave={() => {
                view.hovered.value = undefined;
              }}
            >
              <span class="name">{nameOf(galaxy.texts.value[other]!)}</span>
              <Cosine cosine={cosine} />
            </button>
          </li>
        ))}
      </ol>
      <p class="actions">
        <button
          type="button"
          onClick={() => {
            view.pair.value = { ...view.pair.value, left: text.text };
            view.toggle("compare");
          }}
        >
          Compare with another text
        </button>
      </p>
    </>
  );
}
