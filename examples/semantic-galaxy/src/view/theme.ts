import { effect, type Signal } from "@preact/signals";
import type { Theme } from "./palette.ts";

const key = "theme";

/** The visitor's choice, or else the system's. */
export function preferredTheme(): Theme {
  const chosen = localStorage.getItem(key);
  if (chosen === "dark" || chosen === "light") return chosen;
  return matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

/** Shows the theme on the page, and remembers a choice that is not the system's. */
export function applyTheme(theme: Signal<Theme>): void {
  const system = matchMedia("(prefers-color-scheme: light)");
  const ofSystem = (): Theme => (system.matches ? "light" : "dark");
  system.addEventListener("change", () => {
    if (localStorage.getItem(key) === null) theme.value = ofSystem();
  });
  effect(() => {
    document.documentElement.dataset.theme = theme.value;
    if (theme.value === ofSystem()) localStorage.removeItem(key);
    else localStorage.setItem(key, theme.value);
  });
}
