import { effect, type Signal } from "@preact/signals";

/** The query is in the page's address, so that one can send it to somebody. */
export function keepQueryInAddress(query: Signal<string>): void {
  query.value = new URL(location.href).searchParams.get("q") ?? "";
  let wait: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const value = query.value;
    clearTimeout(wait);
    // Safari allows few changes in a short time.
    wait = setTimeout(() => {
      const url = new URL(location.href);
      if (value === "") url.searchParams.delete("q");
      else url.searchParams.set("q", value);
      if (url.href !== location.href) history.replaceState(null, "", url);
    }, 300);
  });
}
