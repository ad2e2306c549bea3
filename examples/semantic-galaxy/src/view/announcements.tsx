import { nameOf, type View } from "./view.ts";
import { formatCosine } from "./words.ts";

/** What happens on the map, for those who cannot see it. */
export function Announcements({ view }: { view: View }) {
  return (
    <div class="visually-hidden" role="status">
      {announcement(view)}
    </div>
  );
}

function announcement({ galaxy, hits }: View): string {
  const best = hits.value[0];
  const text = best && galaxy.texts.value[best.index];
  if (text)
    return `${hits.value.length} hits. Best: ${nameOf(text)}, cosine ${formatCosine(best.cosine)}.`;
  const work = galaxy.work.value;
  if (work?.kind === "embedding" && work.total > 0) {
    // In quarters: a screen reader would not finish a sentence otherwise.
    const quarter = Math.floor((work.done / work.total) * 4);
    return `Embedding, ${quarter * 25} percent done.`;
  }
  if (work) return "Arranging the stars.";
  return galaxy.model.value.status === "ready" ? "Ready." : "";
}
