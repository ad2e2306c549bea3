import type { Camera } from "./camera.ts";

export interface Label {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  /** Labels with a higher number win where two overlap. */
  readonly importance: number;
  readonly kind: "cluster" | "hit";
  readonly hue?: string;
}

interface Placed extends Label {
  readonly element: HTMLElement;
  width: number;
  height: number;
  shown: boolean;
}

/** Names on the map: a few elements, moved by `transform`, hidden where they would overlap. */
export class Labels {
  readonly #parent: HTMLElement;
  readonly #sets = new Map<string, Placed[]>();
  #ordered: Placed[] = [];

  constructor(parent: HTMLElement) {
    this.#parent = parent;
  }

  /** Replaces the labels of this name. Those that stay keep their elements, and do not blink. */
  set(name: string, labels: readonly Label[]): void {
    const old = [...(this.#sets.get(name) ?? [])];
    const placed = labels.map((label): Placed => {
      const at = old.findIndex(({ text, hue }) => text === label.text && hue === label.hue);
      const [kept] = at < 0 ? [] : old.splice(at, 1);
      return kept ? { ...kept, ...label } : { ...label, ...this.#add(label) };
    });
    for (const { element } of old) element.remove();
    // After all of them are in the page, so that it is laid out once.
    for (const label of placed) {
      label.width ||= label.element.offsetWidth;
      label.height ||= label.element.offsetHeight;
    }
    this.#sets.set(name, placed);
    this.#ordered = [...this.#sets.values()].flat().sort((a, b) => b.importance - a.importance);
  }

  #add({ text, kind, hue }: Label): Omit<Placed, keyof Label> {
    const element = this.#parent.appendChild(document.createElement("span"));
    element.className = `label ${kind}`;
    element.textContent = text;
    if (hue) element.style.setProperty("--hue", hue);
    return { element, width: 0, height: 0, shown: false };
  }

  /** Puts them where the camera sees their places. */
  place(camera: Camera): void {
    const { insets, width, height } = camera;
    const taken: Box[] = [];
    const fits = (box: Box) =>
      box.left >= insets.left + 4 &&
      box.top >= insets.top + 4 &&
      box.right <= width - insets.right - 4 &&
      box.bottom <= height - insets.bottom - 4 &&
      !taken.some((other) => overlap(box, other));
    for (const label of this.#ordered) {
      const boxes = boxesOf(label, ...camera.project(label.x, label.y));
      const box = boxes.find(fits);
      if (box) taken.push(box);
      const shown = box !== undefined;
      // One that has just been hidden moves on while it fades.
      const { left, top } = box ?? boxes[0]!;
      label.element.style.transform = `translate(${left}px, ${top}px)`;
      if (shown !== label.shown) label.element.classList.toggle("shown", shown);
      label.shown = shown;
    }
  }
}

/** Where a label may be: around a hit, so that one sees the star, and upon a cluster. */
function boxesOf({ kind, width, height }: Placed, x: number, y: number): Box[] {
  const box = (left: number, top: number): Box => ({
    left: Math.round(left),
    top: Math.round(top),
    right: Math.round(left) + width,
    bottom: Math.round(top) + height,
  });
  const [middle, center] = [x - width / 2, y - height / 2];
  if (kind === "cluster") return [box(middle, center)];
  const away = 11;
  return [
    box(x + away, center),
    box(x - away - width, center),
    box(middle, y - away - height),
    box(middle, y + away),
  ];
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

function overlap(a: Box, b: Box): boolean {
  const gap = 3;
  return (
    a.left < b.right + gap &&
    b.left < a.right + gap &&
    a.top < b.bottom + gap &&
    b.top < a.bottom + gap
  );
}
