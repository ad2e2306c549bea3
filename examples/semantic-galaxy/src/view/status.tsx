import { EmbeddingProgress, LoadProgress, Progress } from "./progress.tsx";
import type { View } from "./view.ts";
import { format, modelNames } from "./words.ts";

/** What is being worked on, or else what is there. */
export function Status({ view: { galaxy, embed } }: { view: View }) {
  const work = galaxy.work.value;
  const model = galaxy.model.value;
  if (model.status === "loading") return <LoadProgress model={model} />;
  if (work?.kind === "layout")
    return <Progress label="Arranging the stars" done={work.done} total={work.total} />;
  // The first places take a moment.
  if (work && work.done === work.total) return <Progress label="Arranging the stars" />;
  if (work)
    return <EmbeddingProgress work={work} onCancel={embed ? undefined : () => galaxy.cancel()} />;
  if (embed) return null;
  if (model.status === "failed") return <p class="status">The model did not load.</p>;
  const count = galaxy.texts.value.length;
  // Between two steps, there may be no work although there is something to do.
  if (galaxy.points.value.count < count && !galaxy.problem.value)
    return <Progress label="Getting ready" />;
  return (
    <p class="status">
      {count === 0 ? "No texts yet" : `${format(count)} texts`} · {modelNames[model.choice]}
    </p>
  );
}
