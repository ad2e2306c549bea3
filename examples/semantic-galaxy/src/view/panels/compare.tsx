import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Galaxy } from "../../galaxy.ts";
import { Cosine } from "../cosine.tsx";
import type { View } from "../view.ts";

const dimensions = [768, 512, 256, 128] as const;

/** Two texts, and how similar they are with more and with fewer numbers. */
export function Compare({ view }: { view: View }) {
  const { galaxy, pair } = view;
  const cosines = useSignal<Awaited<ReturnType<Galaxy["compare"]>> | undefined>(undefined);
  const { left, right } = pair.value;
  const ready = galaxy.model.value.status;
  const prompts = galaxy.prompts.value;
  useEffect(() => {
    let current = true;
    const wait = setTimeout(() => {
      if (left.trim() === "" || right.trim() === "") cosines.value = undefined;
      else
        void galaxy.compare(left, right).then(
          (found) => {
            if (current) cosines.value = found;
          },
          () => {
            if (current) cosines.value = undefined;
          },
        );
    }, 150);
    return () => {
      current = false;
      clearTimeout(wait);
    };
  }, [left, right, ready, prompts]);
  return (
    <>
      <p>A cosine of 1 means the same direction, near 0 means unrelated.</p>
      <label class="field">
        First text
        <textarea
          rows={2}
          value={left}
          onInput={({ currentTarget }) => {
            pair.value = { ...pair.value, left: currentTarget.value };
          }}
        />
      </label>
      <label class="field">
        Second text
        <textarea
          rows={2}
          value={right}
          onInput={({ currentTarget }) => {
            pair.value = { ...pair.value, right: currentTarget.value };
          }}
        />
      </label>
      <table class="cosines" aria-live="polite">
        <thead>
          <tr>
            <th scope="col">Numbers</th>
            <th scope="col">Cosine</th>
          </tr>
        </thead>
        <tbody>
          {dimensions.map((dimension) => (
            <tr key={dimension}>
              <th scope="row">{dimension}</th>
              <td>{cosines.value ? <Cosine cosine={cosines.value[dimension]} /> : "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
