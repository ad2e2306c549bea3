import type { View } from "./view.ts";

interface Zoomable {
  zoom(factor: number): void;
  home(): void;
}

/** The keys that `panels/help.tsx` lists. */
export function listenToKeys(view: View, map: Zoomable | undefined): void {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const { target } = event;
    const field = target instanceof HTMLElement && target.matches("input[type=text], textarea");
    const search = target instanceof HTMLElement && target.id === "query";
    const free =
      target === document.body ||
      (target instanceof Element && !target.closest("input, textarea, select"));
    if (event.key === "Escape") goBack(view);
    else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && (search || free)) {
      if (!move(view, event.key === "ArrowDown" ? 1 : -1)) return;
    } else if (event.key === "Enter" && target === document.body) {
      const hit = view.hits.value[view.active.value];
      if (!hit) return;
      view.pin(hit.index);
    } else if (field) return;
    else if (event.key === "/") document.getElementById("query")?.focus();
    else if (event.key === "?" && !view.embed) view.toggle("help");
    else if (event.key === "+") map?.zoom(1.6);
    else if (event.key === "-") map?.zoom(1 / 1.6);
    else if (event.key === "0") map?.home();
    else return;
    event.preventDefault();
  });
}

/** Closes what is open; if nothing is, clears the search. */
function goBack(view: View): void {
  if (view.panel.value || view.pinned.value !== undefined) {
    view.panel.value = undefined;
    view.unpin();
    document.getElementById("query")?.focus();
  } else if (view.galaxy.query.value !== "") view.clearQuery();
  else if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}

/** @returns whether there are hits to choose from */
function move({ hits, active, hovered }: View, step: number): boolean {
  const count = hits.value.length;
  if (count === 0) return false;
  active.value = Math.max(-1, Math.min(count - 1, active.value + step));
  hovered.value = hits.value[active.value]?.index;
  return true;
}
