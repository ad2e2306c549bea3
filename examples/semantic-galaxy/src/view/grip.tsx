import type { View } from "./view.ts";

/** Raises and lowers the sheet of a narrow screen, with a tap or a swipe. */
export function Grip({ view: { raised } }: { view: View }) {
  let start: number | undefined;
  return (
    <button
      type="button"
      class="grip"
      aria-label={raised.value ? "Show less" : "Show more"}
      aria-expanded={raised.value}
      onClick={() => {
        raised.value = !raised.value;
      }}
      onTouchStart={(event) => {
        start = event.touches[0]!.clientY;
      }}
      onTouchMove={(event) => {
        const way = start === undefined ? 0 : event.touches[0]!.clientY - start;
        if (Math.abs(way) > 24) raised.value = way < 0;
      }}
    />
  );
}
