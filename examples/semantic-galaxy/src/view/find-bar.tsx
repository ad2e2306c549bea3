import { useRef } from "preact/hooks";
import { Icon } from "./icon.tsx";
import { Status } from "./status.tsx";
import type { View } from "./view.ts";

/** The tiny model answers these well with the sample. */
const examples = [
  "someone who repairs teeth",
  "Which planet is known as the Red Planet?",
  "sadness after a loss",
  "musical instrument with strings",
  "place where books are kept",
];

/** The search field, with what one can do before there is a query. */
export function FindBar({ view }: { view: View }) {
  const { galaxy, embed, active } = view;
  const field = useRef<HTMLInputElement>(null);
  const empty = galaxy.query.value === "";
  const hits = view.hits.value;
  return (
    <>
      <div class="brand">
        <h1>
          <Mark /> Semantic galaxy
        </h1>
        {embed && (
          <a href={linkOf(galaxy.query.value)} target="_blank" rel="noopener">
            Open the galaxy <Icon name="open" />
          </a>
        )}
      </div>
      {!embed && empty && (
        <p class="tagline">
          Every star is a text. Texts with similar meaning are close together. All of it runs in
          your browser.
        </p>
      )}
      {/* biome-ignore lint/a11y/useSemanticElements: `search` is not in all browsers yet. */}
      <form
        class="search"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          const hit = hits[Math.max(0, active.value)];
          if (hit) view.pin(hit.index);
        }}
      >
        <Icon name="search" />
        <input
          ref={field}
          id="query"
          type="text"
          role="combobox"
          aria-label="Search by meaning"
          aria-expanded={hits.length > 0}
          aria-controls="hits"
          aria-autocomplete="list"
          aria-activedescendant={active.value < 0 ? undefined : `hit-${active.value}`}
          placeholder="Search by meaning"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          enterkeyhint="search"
          value={galaxy.query.value}
          onInput={({ currentTarget }) => {
            galaxy.query.value = currentTarget.value;
            active.value = -1;
            view.pinned.value = undefined;
            if (currentTarget.value === "") view.clearQuery();
          }}
        />
        {empty ? (
          <kbd>/</kbd>
        ) : (
          <button
            type="button"
            class="quiet"
            aria-label="Clear the search"
            onClick={() => {
              view.clearQuery();
              field.current?.focus();
            }}
          >
            <Icon name="close" />
          </button>
        )}
      </form>
      {empty && (
        <ul class="examples" aria-label="Examples">
          {examples.slice(0, embed ? 3 : undefined).map((example) => (
            <li key={example}>
              <button
                type="button"
                onClick={() => {
                  galaxy.query.value = example;
                }}
              >
                {example}
              </button>
            </li>
          ))}
        </ul>
      )}
      <Status view={view} />
    </>
  );
}

function Mark() {
  return (
    <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M12 2.5c.8 5.6 3 8.1 9.5 9.5c-6.5 1.4-8.7 3.9-9.5 9.5c-.8-5.6-3-8.1-9.5-9.5c6.5-1.4 8.7-3.9 9.5-9.500z" />
    </svg>
  );
}

/** This page without its frame. */
function linkOf(query: string): string {
  return query === "" ? "./" : `./?q=${encodeURIComponent(query)}`;
}
