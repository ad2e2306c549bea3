import { useSignal, useSignalEffect } from "@preact/signals";
import type { View } from "../view.ts";

/** Takes files that are dropped anywhere, and text that is pasted outside of fields. */
export function Drop({ view: { galaxy } }: { view: View }) {
  const over = useSignal(false);
  useSignalEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    addEventListener(
      "dragover",
      (event) => {
        if (!event.dataTransfer?.types.includes("Files")) return;
        event.preventDefault();
        over.value = true;
      },
      { signal },
    );
    addEventListener(
      "dragleave",
      ({ relatedTarget }) => {
        if (relatedTarget === null) over.value = false;
      },
      { signal },
    );
    addEventListener(
      "drop",
      (event) => {
        over.value = false;
        const files = [...(event.dataTransfer?.files ?? [])];
        if (files.length === 0) return;
        event.preventDefault();
        void galaxy.addFiles(files);
      },
      { signal },
    );
    addEventListener(
      "paste",
      (event) => {
        if (event.target instanceof Element && event.target.closest("input, textarea")) return;
        const text = event.clipboardData?.getData("text/plain") ?? "";
        if (text.trim() !== "") void galaxy.addText(text);
      },
      { signal },
    );
    return () => stop.abort();
  });
  return over.value ? (
    <div class="drop">
      <p>Drop to embed</p>
    </div>
  ) : null;
}
