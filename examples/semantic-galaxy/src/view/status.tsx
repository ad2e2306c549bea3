import { format, modelNames } from "./words.ts";
import type { View } from "./view.ts";

/** What is being worked on, or else what is there. */
export function Status({ view: { galaxy, embed } }: { view: View }) {
  const work = galaxy.work.value;
  const model = galaxy.model.value;
  if (model.status === "loading")
    return (
      <Progress
        label={`Loading ${modelNames[model.choice]}`}
        done={model.loaded}
        total={model.total}
        unit="bytes"
      />
    );
  if (work)
    return (
      <Progress
        label={work.kind === "embedding" ? "Embedding" : "Arranging the stars"}
        done={work.done}
        total={work.total}
        unit="texts"
        perSecond={work.perSecond}
        onCancel={work.kind === "embedding" && !embed ? () => galaxy.cancel() : undefined}
      />
    );
  if (embed) return null;
  const count = galaxy.texts.value.length;
  if (model.status === "failed") return <p class="status">The model did not load.</p>;
  return (
    <p class="status">
      {count === 0 ? "No texts yet" : `${format(count)} texts`} · {modelNames[model.choice]}
    </p>
  );
}

interface ProgressProps {
  label: string;
  done: number;
  total: number | undefined;
  unit: "texts" | "bytes";
  perSecond?: number | undefined;
  onCancel?: (() => void) | undefined;
}

export function Progress({ label, done, total, unit, perSecond, onCancel }: ProgressProps) {
  const amount = unit === "bytes" ? megabytes(done, total) : counted(done, total);
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
