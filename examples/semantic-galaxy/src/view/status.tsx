import type { ModelState } from "../galaxy.ts";
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
    return (
      <Progress
        label="Embedding"
        done={work.done}
        total={work.total}
        unit="texts"
        perSecond={work.perSecond}
        onCancel={embed ? undefined : () => galaxy.cancel()}
      />
    );
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

/** How much of the model is here; once all of it is, ONNX Runtime takes a moment to start. */
export function LoadProgress({ model: { choice, loaded, total } }: { model: ModelState }) {
  const name = modelNames[choice];
  if (loaded === total) return <Progress label={`Starting ${name}`} />;
  return <Progress label={`Loading ${name}`} done={loaded} total={total} unit="bytes" />;
}

interface ProgressProps {
  label: string;
  done?: number;
  total?: number | undefined;
  unit?: "texts" | "bytes";
  perSecond?: number | undefined;
  onCancel?: (() => void) | undefined;
}

export function Progress({ label, done, total, unit, perSecond, onCancel }: ProgressProps) {
  const words = unit === "bytes" ? megabytes : counted;
  const amount = done === undefined || !unit ? "" : words(done, total);
  return (
    <div class="progress">
      <p>
        <span>
          {label} <span class="amount">{amount}</span>
          {perSecond ? ` · ${format(perSecond)} a second` : ""}
        </span>
        {onCancel && (
          <button type="button" class="link" onClick={onCancel}>
            Cancel
          </button>
        )}
      </p>
      <progress aria-label={label} {...(total ? { value: done, max: total } : {})} />
    </div>
  );
}

function counted(done: number, total: number | undefined): string {
  return total === undefined ? format(done) : `${format(done)} of ${format(total)}`;
}

function megabytes(done: number, total: number | undefined): string {
  const mega = (bytes: number) => format(bytes / 1e6);
  return total === undefined ? `${mega(done)} MB` : `${mega(done)} of ${mega(total)} MB`;
}
