import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Galaxy, GalaxyText, Hit } from "../galaxy.ts";
import type { Theme } from "./palette.ts";

export type PanelName = "texts" | "compare" | "model" | "help";

/** What the visitor looks at; what is embedded and found is in the galaxy. */
export interface View {
  readonly galaxy: Galaxy;
  /** Search and stars only, for a frame in another page. */
  readonly embed: boolean;
  readonly theme: Signal<Theme>;
  readonly panel: Signal<PanelName | undefined>;
  /** The text whose card is open. */
  readonly pinned: Signal<number | undefined>;
  /** The text that the pointer is on. */
  readonly hovered: Signal<number | undefined>;
  /** Which hit the arrow keys have chosen; -1 if none. */
  readonly active: Signal<number>;
  /** Texts that the camera is to fly to; none is the whole map. */
  readonly destination: Signal<readonly number[]>;
  /** Whether the sheet of a narrow screen is raised. */
  readonly raised: Signal<boolean>;
  /** The best hits of the query, none while the search field is empty. */
  readonly hits: ReadonlySignal<readonly Hit[]>;
  /** The same with all 768 numbers. */
  readonly fullHits: ReadonlySignal<readonly Hit[]>;
  /** The same with all 768 numbers and with prompts; undefined until they were seen. */
  readonly promptedHits: ReadonlySignal<readonly Hit[] | undefined>;
  /** The texts that are compared. */
  readonly pair: Signal<{ readonly left: string; readonly right: string }>;
  pin(index: number): void;
  unpin(): void;
  toggle(panel: PanelName): void;
  clearQuery(): void;
}

const hitCount = 10;

export function createView(galaxy: Galaxy, embed: boolean, theme: Theme): View {
  const best = (hits: readonly Hit[]) =>
    galaxy.query.value.trim() === "" ? [] : hits.slice(0, hitCount);
  const prompted = signal<{ query: string; hits: readonly Hit[] } | undefined>(undefined);
  effect(() => {
    const hits = galaxy.fullHits.value;
    if (galaxy.prompts.peek()) prompted.value = { query: galaxy.query.peek(), hits };
  });
  const view: View = {
    galaxy,
    embed,
    theme: signal(theme),
    panel: signal(undefined),
    pinned: signal(undefined),
    hovered: signal(undefined),
    active: signal(-1),
    destination: signal([]),
    raised: signal(false),
    hits: computed(() => best(galaxy.hits.value)),
    fullHits: computed(() => best(galaxy.fullHits.value)),
    promptedHits: computed(() =>
      prompted.value?.query === galaxy.query.value ? best(prompted.value.hits) : undefined,
    ),
    pair: signal({ left: "", right: "" }),
    pin(index) {
      view.panel.value = undefined;
      view.pinned.value = index;
      view.destination.value = [index];
    },
    unpin() {
      view.pinned.value = undefined;
    },
    toggle(panel) {
      view.pinned.value = undefined;
      view.panel.value = view.panel.value === panel ? undefined : panel;
      view.raised.value = true;
    },
    clearQuery() {
      galaxy.query.value = "";
      view.active.value = -1;
      view.destination.value = [];
    },
  };
  return view;
}

/** What stands for a text where there is little room. */
export function nameOf({ title, text }: GalaxyText): string {
  const name = title || text;
  if (name.length <= 60) return name;
  const cut = name.slice(0, 60);
  const space = cut.lastIndexOf(" ");
  return `${cut.slice(0, space > 30 ? space : 60)}…`;
}
