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
      <TextField view={view} side="left" label="First text" />
      <TextField view={view} side="right" label="Second text" />
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

interface TextFieldProps {
  view: View;
  side: "left" | "right";
  label: string;
}

function TextField({ view: { pair }, side, label }: TextFieldProps) {
  return (
    <label class="field">
      {label}
      <textarea
        rows={2}
        value={pair.value[side]}
        onInput={({ currentTarget }) => {
          pair.value = { ...pair.value, [side]: currentTarget.value };
        }}
      />
    </label>
  );
}
