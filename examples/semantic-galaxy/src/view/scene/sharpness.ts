/** Frames of a movement that are looked at together. */
const frames = 10;
/** Milliseconds for a frame above which the picture is too much for the device. */
const slow = 26;
/** Milliseconds without a frame after which another movement begins. */
const pause = 1000;
const sharpest = () => Math.min(devicePixelRatio, 2);

/** Draws with fewer pixels while things move on a slow device, and with all of them at rest. */
export class Sharpness {
  readonly #resize: (ratio: number) => void;
  /** Found good for movement on this device. */
  #moving = Number.POSITIVE_INFINITY;
  #current = 0;
  #last = Number.NEGATIVE_INFINITY;
  #times: number[] = [];
  #waiting: ReturnType<typeof setTimeout> | undefined;
  /** Whether movements follow each other: a change of the size waits for the graphics processor. */
  isBusy = false;

  /** @param resize - sets how many pixels of the canvas a pixel of the page has */
  constructor(resize: (ratio: number) => void) {
    this.#resize = resize;
  }

  /** The size of the canvas has changed. */
  reset(): void {
    this.#current = 0;
    this.#set(Math.min(this.#moving, sharpest()));
  }

  /** Before each frame. */
  frame(now: number): void {
    clearTimeout(this.#waiting);
    const time = now - this.#last;
    this.#last = now;
    if (time > pause) {
      this.#times = [];
      if (!this.isBusy) this.#set(sharpest());
      return;
    }
    this.#times.push(time);
    if (this.#times.length === frames) {
      const middle = this.#times.sort((a, b) => a - b)[frames / 2]!;
      this.#times = [];
      if (middle > slow) this.#moving = Math.max(0.5, Math.min(this.#moving, sharpest()) * 0.75);
    }
    this.#set(Math.min(this.#moving, sharpest()));
  }

  /** After the last frame of a movement. */
  rest(draw: () => void): void {
    if (this.isBusy || this.#current === sharpest()) return;
    this.#waiting = setTimeout(() => {
      this.#last = Number.NEGATIVE_INFINITY;
      draw();
    }, 150);
  }

  #set(ratio: number): void {
    if (ratio === this.#current) return;
    this.#current = ratio;
    this.#resize(ratio);
  }
}
