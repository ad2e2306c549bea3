import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { fileTypes } from "../../galaxy.ts";
import { Icon } from "../icon.tsx";
import { EmbeddingProgress } from "../progress.tsx";
import type { View } from "../view.ts";
import { format } from "../words.ts";

/** Texts of one's own, the sample, and exports. */
export function Texts({ view }: { view: View }) {
  const { galaxy } = view;
  const pasted = useSignal("");
  const count = galaxy.texts.value.length;
  const work = galaxy.work.value;
  return (
    <>
      <p>Paste or drop texts of your own. They are embedded here and stay in this browser.</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (pasted.value.trim() === "") return;
          void galaxy.addText(pasted.value);
          pasted.value = "";
        }}
      >
        <label class="field">
          Paste texts, one a line or one a paragraph
          <textarea
            rows={4}
            value={pasted.value}
            onInput={({ currentTarget }) => {
              pasted.value = currentTarget.value;
            }}
          />
        </label>
        <p class="actions">
          <button type="submit" class="primary" disabled={pasted.value.trim() === ""}>
            Embed
          </button>
          <FileButton view={view} />
        </p>
      </form>
      <p class="fine">Files: .txt, .md, .csv or .jsonl. You can also drop them anywhere.</p>
      {work?.kind === "embedding" && (
        <EmbeddingProgress work={work} onCancel={() => galaxy.cancel()} />
      )}
      <h3>{count === 0 ? "The galaxy is empty" : `The ${format(count)} texts of this galaxy`}</h3>
      <p class="actions">
        <Export view={view} />
      </p>
      <p class="actions">
        <Clear view={view} />
        <button type="button" onClick={() => void galaxy.showSample()}>
          Back to the sample
        </button>
      </p>
    </>
  );
}

function FileButton({ view: { galaxy } }: { view: View }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" onClick={() => input.current!.click()}>
        <Icon name="upload" /> Choose files
      </button>
      <input
        ref={input}
        type="file"
        class="visually-hidden"
        tabIndex={-1}
        aria-label="Files"
        multiple
        accept={fileTypes}
        onChange={({ currentTarget }) => {
          void galaxy.addFiles([...(currentTarget.files ?? [])]);
          currentTarget.value = "";
        }}
      />
    </>
  );
}

function Export({ view: { galaxy } }: { view: View }) {
  const working = useSignal(false);
  const save = async (make: () => Promise<Blob>, name: string) => {
    working.value = true;
    try {
      download(await make(), name);
    } catch (error) {
      galaxy.problem.value = `The export failed: ${error instanceof Error ? error.message : error}`;
    } finally {
      working.value = false;
    }
  };
  const disabled = working.value || galaxy.texts.value.length === 0;
  return (
    <>
      <button
        type="button"
        disabled={disabled}
        onClick={() => void save(() => galaxy.exportJson(), "galaxy.json")}
      >
        <Icon name="download" /> JSON
      </button>
      <button
        type="button"
        disabled={disabled}
        onClick={() => void save(() => galaxy.exportFaiss(), "galaxy-faiss.zip")}
      >
        <Icon name="download" /> FAISS folder
      </button>
    </>
  );
}

/** Asks once more before texts are gone. */
function Clear({ view }: { view: View }) {
  const { galaxy } = view;
  const asked = useSignal(false);
  const count = galaxy.texts.value.length;
  return (
    <button
      type="button"
      class={asked.value ? "danger" : ""}
      disabled={count === 0}
      onBlur={() => {
        asked.value = false;
      }}
      onClick={() => {
        if (asked.value) {
          view.clearQuery();
          void galaxy.clear();
        }
        asked.value = !asked.value;
      }}
    >
      {asked.value ? `Remove ${format(count)} texts?` : "Clear"}
    </button>
  );
}

function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
