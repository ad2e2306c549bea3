import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../icon.tsx";
import { listenToKeys } from "../keyboard.ts";
import type { View } from "../view.ts";
import type { Insets } from "./camera.ts";
import { type Sky, startSky } from "./sky.ts";
import { webglOf } from "./star-field.ts";

/** The map, and the buttons for it. */
export function SkyCanvas({ view }: { view: View }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const overlay = useRef<HTMLDivElement>(null);
  const sky = useRef<Sky>(undefined);
  const missing = useSignal(false);
  useEffect(() => {
    const gl = webglOf(canvas.current!);
    if (gl) sky.current = startSky(gl, overlay.current!, view);
    else missing.value = true;
    listenToKeys(view, sky.current);
    return sky.current && followCovers(sky.current);
  }, []);
  const { count } = view.galaxy.points.value;
  return (
    <>
      <canvas
        ref={canvas}
        class="sky"
        role="img"
        aria-label={`Map of ${count.toLocaleString("en")} texts, by meaning. The results name what it shows.`}
      />
      <div ref={overlay} class="overlay" aria-hidden="true" />
      {missing.value && (
        <p class="no-map">This browser has no WebGL 2, so there is no map. Search works.</p>
      )}
      <fieldset class="zoom" aria-label="Map">
        <button type="button" aria-label="Zoom in" onClick={() => sky.current?.zoom(1.6)}>
          <Icon name="in" />
        </button>
        <button type="button" aria-label="Zoom out" onClick={() => sky.current?.zoom(1 / 1.6)}>
          <Icon name="out" />
        </button>
        <button type="button" aria-label="Show the whole map" onClick={() => sky.current?.home()}>
          <Icon name="home" />
        </button>
      </fieldset>
    </>
  );
}

/** Keeps the camera's subject out of the way of panels, wherever the style sheet puts those. */
function followCovers(sky: Sky): () => void {
  const covers = [...document.querySelectorAll<HTMLElement>("[data-covers]")];
  const observer = new ResizeObserver(() => sky.inset(insetsOf(covers)));
  for (const cover of [...covers, document.documentElement]) observer.observe(cover);
  return () => observer.disconnect();
}

function insetsOf(covers: readonly HTMLElement[]): Insets {
  const { clientWidth, clientHeight } = document.documentElement;
  const insets = { top: 0, right: 0, bottom: 0, left: 0 };
  for (const cover of covers) {
    const { left, right, top, bottom, width, height } = cover.getBoundingClientRect();
    if (width === 0 || height === 0) continue;
    if (width > clientWidth * 0.7) {
      if (top + bottom < clientHeight) insets.top = Math.max(insets.top, bottom);
      else insets.bottom = Math.max(insets.bottom, clientHeight - top);
    } else if (left + right < clientWidth) insets.left = Math.max(insets.left, right);
    else insets.right = Math.max(insets.right, clientWidth - left);
  }
  return insets;
}
