import { formatCosine } from "./words.ts";

/** A cosine as a bar and a number. */
export function Cosine({ cosine }: { cosine: number }) {
  return (
    <span class="cosine">
      <span class="bar" aria-hidden="true">
        <span style={{ transform: `scaleX(${Math.max(0, Math.min(1, cosine))})` }} />
      </span>
      {formatCosine(cosine)}
    </span>
  );
}
