import { useEffect } from "preact/hooks";
import { Cosine } from "./cosine.tsx";
import { type RankedHit, rankingChanges } from "./ranking-changes.ts";
import { nameOf, type View } from "./view.ts";

/** The best hits, with marks on those that would be elsewhere with all numbers. */
export function Hits({ view }: { view: View }) {
  const { galaxy, active } = view;
  const plain = !galaxy.prompts.value;
  const before = (plain ? view.promptedHits.value : undefined) ?? view.fullHits.value;
  const { hits, left } = rankingChanges(view.hits.value, before);
  const marked = plain || galaxy.dimension.value !== 768;
  const texts = galaxy.texts.value;
  useEffect(() => {
    document.getElementById(`hit-${active.value}`)?.scrollIntoView({ block: "nearest" });
  }, [active.value]);
  return (
    <>
      <div id="hits" class="hits" role="listbox" aria-label="Best hits">
        {hits.map((hit, place) => (
          <HitRow key={hit.index} view={view} hit={hit} place={place} marked={marked} />
        ))}
      </div>
      {marked && left.length > 0 && (
        <p class="left">
          With 768 numbers{plain ? " and prompts" : ""} also:{" "}
          {left.map(({ index, rank }) => `${nameOf(texts[index]!)} (${rank})`).join(", ")}
        </p>
      )}
    </>
  );
}

interface HitRowProps {
  view: View;
  hit: RankedHit;
  place: number;
  marked: boolean;
}

function HitRow({ view, hit: { index, cosine, rank, risen }, place, marked }: HitRowProps) {
  const text = view.galaxy.texts.value[index];
  if (!text) return null;
  const chosen = view.active.value === place || view.pinned.value === index;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: The keys are those of the search field.
    <div
      id={`hit-${place}`}
      class="hit"
      role="option"
      tabIndex={-1}
      aria-selected={chosen}
      onClick={() => {
        view.active.value = place;
        view.pin(index);
      }}
      onPointerEnter={() => {
        view.hovered.value = index;
      }}
      onPointerLeave={() => {
        view.hovered.value = undefined;
      }}
    >
      <span class="rank">{rank}</span>
      <span class="name">
        {nameOf(text)}
        {marked && <Mark risen={risen} />}
      </span>
      <Cosine cosine={cosine} />
      {text.title && <span class="snippet">{text.text}</span>}
    </div>
  );
}

function Mark({ risen }: { risen: number | undefined }) {
  if (risen === 0) return null;
  if (risen === undefined) return <span class="change new">new</span>;
  return (
    <span class={`change ${risen > 0 ? "up" : "down"}`}>
      <span aria-hidden="true">{risen > 0 ? "▲" : "▼"}</span>
      <span class="visually-hidden">{risen > 0 ? "up" : "down"} </span>
      {Math.abs(risen)}
    </span>
  );
}
