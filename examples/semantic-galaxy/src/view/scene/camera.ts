/** Pixels of the canvas that panels cover, on each side. */
export interface Insets {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

export interface Place {
  readonly x: number;
  readonly y: number;
  /** Pixels for one unit of the map. */
  readonly scale: number;
}

export interface Bounds {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  readonly top: number;
}

const wholeMap: Bounds = { left: -1, right: 1, bottom: -1, top: 1 };

/** What of the map is on the canvas. The map's y points up, the canvas's down. */
export class Camera {
  x = 0;
  y = 0;
  scale = 1;
  #width = 1;
  #height = 1;
  #insets: Insets = { top: 0, right: 0, bottom: 0, left: 0 };
  #flight: { from: Place; to: Place; start: number; duration: number } | undefined;
  /** Whether the visitor has moved it, so that it no longer shows the whole map by itself. */
  moved = false;
  /** Whether the visitor has moved it since its last flight. */
  taken = false;

  get width(): number {
    return this.#width;
  }

  get height(): number {
    return this.#height;
  }

  get insets(): Insets {
    return this.#insets;
  }

  resize(width: number, height: number): void {
    this.#width = width;
    this.#height = height;
    this.#keepOverview();
  }

  /** What is in view stays where it is. */
  inset(insets: Insets): void {
    const [oldX, oldY] = this.center;
    this.#insets = insets;
    const [newX, newY] = this.center;
    this.x += (newX - oldX) / this.scale;
    this.y -= (newY - oldY) / this.scale;
  }

  /** Pixels for one unit when the whole map fits. */
  get fit(): number {
    return this.placeOf(wholeMap).scale;
  }

  project(x: number, y: number): [number, number] {
    const [centerX, centerY] = this.center;
    return [centerX + (x - this.x) * this.scale, centerY - (y - this.y) * this.scale];
  }

  unproject(pixelX: number, pixelY: number): [number, number] {
    const [centerX, centerY] = this.center;
    return [this.x + (pixelX - centerX) / this.scale, this.y - (pixelY - centerY) / this.scale];
  }

  /** The middle of what panels leave free. */
  get center(): [number, number] {
    const { top, right, bottom, left } = this.#insets;
    return [(left + this.#width - right) / 2, (top + this.#height - bottom) / 2];
  }

  pan(pixelX: number, pixelY: number): void {
    this.#take();
    this.x -= pixelX / this.scale;
    this.y += pixelY / this.scale;
    this.x = Math.min(1.2, Math.max(-1.2, this.x));
    this.y = Math.min(1.2, Math.max(-1.2, this.y));
  }

  /** The map's point under the pixel stays there. */
  zoom(factor: number, pixelX: number, pixelY: number): void {
    this.#take();
    const [x, y] = this.unproject(pixelX, pixelY);
    this.scale = Math.min(this.fit * 60, Math.max(this.fit * 0.5, this.scale * factor));
    const [newX, newY] = this.unproject(pixelX, pixelY);
    this.x += x - newX;
    this.y += y - newY;
  }

  /** Where the bounds fill the free part of the canvas. */
  placeOf({ left, right, bottom, top }: Bounds, padding = 0.08): Place {
    const free = this.#insets;
    const width = Math.max(80, this.#width - free.left - free.right);
    const height = Math.max(80, this.#height - free.top - free.bottom);
    const room = 1 - 2 * padding;
    const scale = Math.min(
      (width * room) / Math.max(right - left, 1e-6),
      (height * room) / Math.max(top - bottom, 1e-6),
    );
    return { x: (left + right) / 2, y: (bottom + top) / 2, scale };
  }

  /** Duration 0 jumps. */
  fly(to: Place, now: number, duration: number): void {
    this.moved = true;
    this.taken = false;
    const { x, y, scale } = this;
    this.#flight = { from: { x, y, scale }, to, start: now, duration };
    if (duration === 0) this.step(now);
  }

  /** Back to the whole map. */
  flyHome(now: number, duration: number): void {
    this.fly(this.placeOf(wholeMap), now, duration);
    this.moved = false;
  }

  /** @returns whether it is still flying */
  step(now: number): boolean {
    if (!this.#flight) return false;
    const { from, to, start, duration } = this.#flight;
    const time = duration === 0 ? 1 : Math.min(1, (now - start) / duration);
    const eased = time < 0.5 ? 4 * time ** 3 : 1 - (-2 * time + 2) ** 3 / 2;
    this.scale = from.scale * (to.scale / from.scale) ** eased;
    // On the screen, the flight is even only if the position follows the scale.
    const travelled =
      Math.abs(to.scale / from.scale - 1) < 1e-3
        ? eased
        : (1 / from.scale - 1 / this.scale) / (1 / from.scale - 1 / to.scale);
    this.x = from.x + (to.x - from.x) * travelled;
    this.y = from.y + (to.y - from.y) * travelled;
    if (time === 1) this.#flight = undefined;
    return this.#flight !== undefined;
  }

  #take(): void {
    this.moved = true;
    this.taken = true;
    this.#flight = undefined;
  }

  #keepOverview(): void {
    if (this.moved) return;
    if (this.#flight) this.#flight.to = this.placeOf(wholeMap);
    else ({ x: this.x, y: this.y, scale: this.scale } = this.placeOf(wholeMap));
  }
}
