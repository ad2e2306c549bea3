import { computed, effect, untracked } from "@preact/signals";
import type { Hit, Points } from "../../galaxy.ts";
import { clusterStyle } from "../palette.ts";
import { nameOf, type View } from "../view.ts";
import { Camera, type Insets } from "./camera.ts";
import { type GestureHandlers, listenToGestures } from "./gestures.ts";
import { Labels } from "./labels.ts";
import { Sharpness } from "./sharpness.ts";
import { type Constellation, StarField } from "./star-field.ts";

/** Hits that glow on the map. */
const shownHits = 10;
/** Hits that the camera takes into view, and that have their names beside them. */
const namedHits = 5;
/** Positions are taken over at most this often, so that embedding leaves time for frames. */
const pointsInterval = 250;
const flightTime = 1100;

export interface Sky {
  inset(insets: Insets): void;
  zoom(factor: number): void;
  home(): void;
}

/**
 * The map: draws a frame only when something has changed, and brings what happens on the canvas
 * to the view.
 *
 * @param overlay - an element over the canvas, for labels
 */
export function startSky(gl: WebGL2RenderingContext, overlay: HTMLElement, view: View): Sky {
  const { galaxy } = view;
  const canvas = gl.canvas as HTMLCanvasElement;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const camera = new Camera();
  const stars = new StarField(gl, still);
  const labels = new Labels(overlay);
  const ring = overlay.appendChild(document.createElement("span"));
  ring.className = "ring";
  const tip = overlay.appendChild(document.createElement("span"));
  tip.className = "tip";

  const sharpness = new Sharpness((ratio) => stars.resize(camera.width, camera.height, ratio));
  let requested = false;
  const frame = (now: number) => {
    requested = false;
    const flying = camera.step(now);
    sharpness.frame(now);
    const moving = stars.draw(camera, now);
    labels.place(camera);
    placeMark(ring, view.pinned.peek());
    placeMark(tip, view.hovered.peek());
    if (flying || moving) request();
    else sharpness.rest(request);
  };
  const request = () => {
    if (requested) return;
    requested = true;
    requestAnimationFrame(frame);
  };
  const placeMark = (element: HTMLElement, index: number | undefined) => {
    const shown = index !== undefined && index < galaxy.points.peek().count;
    element.classList.toggle("shown", shown);
    if (!shown) return;
    const [x, y] = camera.project(...stars.positionOf(index));
    element.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
  };
  let last: { readonly indices: readonly number[]; readonly closest: number; readonly at: number };
  const fly = (indices: readonly number[], closest: number, time = still ? 0 : flightTime) => {
    const now = performance.now();
    last = { indices, closest, at: now };
    const known = indices.filter((index) => index < galaxy.points.peek().count);
    if (known.length === 0) camera.flyHome(now, time);
    else {
      const place = camera.placeOf(boundsOf(known.map((index) => stars.positionOf(index))), 0.16);
      camera.fly({ ...place, scale: Math.min(place.scale, camera.fit * closest) }, now, time);
    }
    request();
  };

  new ResizeObserver(() => {
    const { clientWidth, clientHeight } = document.documentElement;
    camera.resize(clientWidth, clientHeight);
    sharpness.reset();
    if (!camera.taken && last.indices.length > 0) fly(last.indices, last.closest, 0);
    request();
  }).observe(canvas);

  const textAt = (x: number, y: number, pixels: number) =>
    stars.nearest(...camera.unproject(x, y), pixels / camera.scale);

  const gestures: GestureHandlers = {
    pan(x, y) {
      camera.pan(x, y);
      request();
    },
    zoom(factor, x, y) {
      camera.zoom(factor, x, y);
      request();
    },
    hover(place) {
      view.hovered.value = place && textAt(place.x, place.y, 12);
    },
    tap(x, y, touch) {
      const index = textAt(x, y, touch ? 24 : 12);
      view.hovered.value = undefined;
      if (index === undefined) view.unpin();
      else {
        view.panel.value = undefined;
        view.pinned.value = index;
      }
    },
  };
  listenToGestures(canvas, gestures, view.embed);
  effect(() => {
    stars.theme = view.theme.value;
    request();
  });

  const light = (hits: readonly Hit[]) => {
    const { count } = galaxy.points.peek();
    const best = hits.filter(({ index }) => index < count).slice(0, shownHits);
    stars.setConstellation(constellationOf(best, stars), performance.now());
    const texts = galaxy.texts.peek();
    labels.set(
      "hits",
      best.slice(0, namedHits).map(({ index }, place) => {
        const [x, y] = stars.positionOf(index);
        const importance = 1e9 - place;
        return { text: nameOf(texts[index]!), x, y, importance, kind: "hit" };
      }),
    );
    request();
  };
  const takePoints = throttle(pointsInterval, (points: Points) => {
    stars.setPoints(points, performance.now());
    light(view.hits.peek());
  });
  effect(() => takePoints(galaxy.points.value));

  const busy = computed(() => galaxy.work.value !== undefined);
  effect(() => {
    sharpness.isBusy = busy.value;
    request();
  });
  let flight: ReturnType<typeof setTimeout> | undefined;
  let flownFor = "";
  effect(() => {
    const hits = view.hits.value;
    light(hits);
    overlay.classList.toggle("searching", hits.length > 0);
    clearTimeout(flight);
    const query = galaxy.query.peek();
    if (hits.length === 0) flownFor = "";
    // While texts are embedded, hits come and go, and the camera would never rest.
    else if (!busy.value || query !== flownFor)
      // While one types, it waits for the end of the word.
      flight = setTimeout(() => {
        flownFor = query;
        const named = hits.slice(0, namedHits).map(({ index }) => index);
        fly(named, 5);
      }, 350);
  });

  effect(() => {
    const indices = view.destination.value;
    untracked(() => fly(indices, 7));
  });

  effect(() => {
    labels.set(
      "clusters",
      galaxy.clusters.value.map(({ label, x, y, size, color }) => ({
        text: label,
        x,
        y,
        importance: size,
        kind: "cluster",
        hue: clusterStyle(color)["--hue"],
      })),
    );
    request();
  });

  effect(() => {
    const index = view.hovered.value;
    canvas.style.cursor = index === undefined ? "" : "pointer";
    tip.textContent = index === undefined ? "" : nameOf(galaxy.texts.peek()[index]!);
    view.pinned.value;
    request();
  });

  return {
    inset(insets) {
      camera.inset(insets);
      const since = performance.now() - last.at;
      // A panel that opens with the flight moves its goal.
      if (since < flightTime && last.indices.length > 0) fly(last.indices, last.closest);
      else if (!camera.moved) fly([], 1, still || since < 200 ? 0 : 400);
      request();
    },
    zoom(factor) {
      camera.zoom(factor, ...camera.center);
      request();
    },
    home: () => fly([], 1),
  };
}

/** Its center is where the best hits pull most. */
function constellationOf(hits: readonly Hit[], stars: StarField): Constellation | undefined {
  if (hits.length === 0) return undefined;
  const best = hits[0]!.cosine;
  let [x, y, sum] = [0, 0, 0];
  for (const { index, cosine } of hits) {
    const weight = Math.exp((cosine - best) * 30);
    const [hitX, hitY] = stars.positionOf(index);
    x += hitX * weight;
    y += hitY * weight;
    sum += weight;
  }
  return { x: x / sum, y: y / sum, hits: hits.map(({ index }) => index) };
}

function boundsOf(places: readonly (readonly [number, number])[]) {
  const [xs, ys] = [places.map(([x]) => x), places.map(([, y]) => y)];
  return {
    left: Math.min(...xs),
    right: Math.max(...xs),
    bottom: Math.min(...ys),
    top: Math.max(...ys),
  };
}

/** Calls at once, then at most once in each interval, with the newest value. */
function throttle<T>(interval: number, call: (value: T) => void): (value: T) => void {
  let newest: { readonly value: T } | undefined;
  let waiting = false;
  const next = () => {
    waiting = newest !== undefined;
    if (!newest) return;
    const { value } = newest;
    newest = undefined;
    setTimeout(next, interval);
    call(value);
  };
  return (value) => {
    newest = { value };
    if (!waiting) {
      waiting = true;
      next();
    }
  };
}
