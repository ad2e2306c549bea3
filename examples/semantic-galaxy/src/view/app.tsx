import { Announcements } from "./announcements.tsx";
import { FindBar } from "./find-bar.tsx";
import { Grip } from "./grip.tsx";
import { Hits } from "./hits.tsx";
import { Lens } from "./lens.tsx";
import { Drop } from "./panels/drop.tsx";
import { Problem } from "./problem.tsx";
import { SkyCanvas } from "./scene/sky-canvas.tsx";
import { Side } from "./side.tsx";
import { ToolBar } from "./tool-bar.tsx";
import type { View } from "./view.ts";

export function App({ view }: { view: View }) {
  if (view.embed) return <Embedded view={view} />;
  const found = view.hits.value.length > 0;
  const aside = view.panel.value !== undefined || view.pinned.value !== undefined;
  return (
    <div
      class={`app${view.raised.value ? " raised" : ""}${aside ? " with-side" : ""}${found ? " searching" : ""}`}
    >
      <SkyCanvas view={view} />
      <header class="find panel" data-covers>
        <FindBar view={view} />
      </header>
      <main class={`results panel${found ? "" : " empty"}`} data-covers aria-label="Results">
        {found && (
          <>
            <Grip view={view} />
            <div class="list">
              <Hits view={view} />
            </div>
            <Lens view={view} />
          </>
        )}
      </main>
      <Side view={view} />
      <ToolBar view={view} />
      <Drop view={view} />
      <Problem view={view} />
      <Announcements view={view} />
    </div>
  );
}

function Embedded({ view }: { view: View }) {
  return (
    <div class="app embedded">
      <SkyCanvas view={view} />
      <header class="find" data-covers>
        <FindBar view={view} />
      </header>
      <div class="visually-hidden">
        <Hits view={view} />
      </div>
      <Problem view={view} />
      <Announcements view={view} />
    </div>
  );
}
