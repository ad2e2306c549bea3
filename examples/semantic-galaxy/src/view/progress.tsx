import type { ModelState, Work } from "../galaxy.ts";
import { format, modelNames } from "./words.ts";

/** How much of the model is here; once all of it is, ONNX Runtime takes a moment to start. */
export function LoadProgress({ model: { choice, loaded, total } }: { model: ModelState }) {
  const name = modelNames[choice];
  if (loaded === total) return <Progress label={`Starting ${name}`} />;
  return <Progress label={`Loading ${name}`} done={loaded} total={total} unit="bytes" />;
}

export function EmbeddingProgress(props: { work: Work; onCancel?: (() => void) | undefined }) {
  const { done, total, perSecond } = props.work;
  const { onCancel } = props;
  return <Progress label="Embedding" unit="texts" {...{ done, total, perSecond, onCancel }} />;
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
