/** What a visitor does on the canvas, in pixels from its top left corner. */
export interface GestureHandlers {
  pan(x: number, y: number): void;
  zoom(factor: number, x: number, y: number): void;
  /** The pointer is over this place, or has left the canvas. */
  hover(place: { readonly x: number; readonly y: number } | undefined): void;
  tap(x: number, y: number, touch: boolean): void;
}

/** One pointer pans, two pinch, a wheel zooms, a short press taps. */
export function listenToGestures(
  canvas: HTMLCanvasElement,
  handlers: GestureHandlers,
  embed: boolean,
): void {
  const pointers = new Map<number, { x: number; y: number }>();
  let travelled = 0;
  let pressed = 0;

  canvas.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" && event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, placeOf(event));
    if (pointers.size > 1) travelled = Number.POSITIVE_INFINITY;
    else [travelled, pressed] = [0, event.timeStamp];
  });

  canvas.addEventListener("pointermove", (event) => {
    const place = placeOf(event);
    const before = pointers.get(event.pointerId);
    if (!before) {
      if (event.pointerType !== "touch") handlers.hover(place);
      return;
    }
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    pointers.set(event.pointerId, place);
    const [x, y] = [place.x - before.x, place.y - before.y];
    travelled += Math.hypot(x, y);
    if (other) {
      handlers.pan(x / 2, y / 2);
      const factor = distance(place, other) / Math.max(1, distance(before, other));
      handlers.zoom(factor, (place.x + other.x) / 2, (place.y + other.y) / 2);
    } else if (travelled > 4) handlers.pan(x, y);
  });

  const release = (event: PointerEvent) => {
    if (!pointers.delete(event.pointerId)) return;
    const isTap = travelled < 8 && event.timeStamp - pressed < 500;
    const { x, y } = placeOf(event);
    if (event.type === "pointerup" && isTap) handlers.tap(x, y, event.pointerType === "touch");
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", () => handlers.hover(undefined));

  canvas.addEventListener(
    "wheel",
    (event) => {
      // In a frame, the wheel scrolls the page around it.
      if (embed && !event.ctrlKey) return;
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      // A pinch on a trackpad comes as a wheel with the control key, in small steps.
      const speed = event.ctrlKey ? 0.01 : 0.0016;
      const { x, y } = placeOf(event);
      handlers.zoom(Math.exp(-event.deltaY * lines * speed), x, y);
    },
    { passive: false },
  );
}

/** The canvas fills the window, so it needs no measuring. */
function placeOf(event: MouseEvent): { x: number; y: number } {
  return { x: event.clientX, y: event.clientY };
}

function distance(a: { x: number; y: number }, b: { x: number; y: number }): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
