import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { CloseButton } from "./close-button.tsx";
import { Grip } from "./grip.tsx";
import { Compare } from "./panels/compare.tsx";
import { Help } from "./panels/help.tsx";
import { Model } from "./panels/model.tsx";
import { TextCard } from "./panels/text-card.tsx";
import { Texts } from "./panels/texts.tsx";
import type { View } from "./view.ts";

/** A panel or the card of a text; on a narrow screen, a sheet. */
export function Side({ view }: { view: View }) {
  const panel = view.panel.value;
  const pinned = view.pinned.value;
  const text = pinned === undefined ? undefined : view.galaxy.texts.value[pinned];
  const open = panel !== undefined || text !== undefined;
  return (
    <aside class={`side panel${open ? "" : " empty"}`} data-covers>
      {open && <Grip view={view} />}
      {panel === "texts" && (
        <Panel view={view} title="Your texts">
          <Texts view={view} />
        </Panel>
      )}
      {panel === "compare" && (
        <Panel view={view} title="Compare two texts">
          <Compare view={view} />
        </Panel>
      )}
      {panel === "model" && (
        <Panel view={view} title="Model">
          <Model view={view} />
        </Panel>
      )}
      {panel === "help" && (
        <Panel view={view} title="What you see">
          <Help />
        </Panel>
      )}
      {!panel && text && (
        <Panel view={view} title={text.title ?? "Text"} focus={false}>
          <TextCard view={view} index={pinned!} text={text} />
        </Panel>
      )}
    </aside>
  );
}

interface PanelProps {
  view: View;
  title: string;
  /** Whether the keyboard goes there when it opens. */
  focus?: boolean;
  children: ComponentChildren;
}

function Panel({ view, title, focus = true, children }: PanelProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (focus) heading.current?.focus();
  }, [title]);
  return (
    <section aria-labelledby="side-title">
      <div class="panel-head">
        <h2 id="side-title" ref={heading} tabIndex={-1}>
          {title}
        </h2>
        <CloseButton
          label="Close"
          onClick={() => {
            view.panel.value = undefined;
            view.unpin();
          }}
        />
      </div>
      {children}
    </section>
  );
}
