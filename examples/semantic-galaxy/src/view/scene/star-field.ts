import { clusterColor, colorCount, type Rgb, type Theme } from "../palette.ts";
import type { Camera } from "./camera.ts";
import { nebula, paintNebula } from "./nebula.ts";
import { buildParts, type StarParts } from "./star-parts.ts";

export interface Positions {
  readonly count: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly color: Uint8Array;
}

/** Lines from one place of the map to points. */
export interface Constellation {
  readonly x: number;
  readonly y: number;
  /** Numbers of points, the best first. */
  readonly hits: readonly number[];
}

const accents: Record<Theme, Rgb> = { dark: [1, 0.83, 0.52], light: [0.74, 0.26, 0.05] };
const travelTime = 700;
const glowTime = 260;
const birthTime = 900;
const growTime = 520;

/** Null if the browser has no WebGL 2. */
export function webglOf(canvas: HTMLCanvasElement): WebGL2RenderingContext | null {
  return canvas.getContext("webgl2", { antialias: false, depth: false });
}

/**
 * Draws the points with WebGL 2. Changes of positions and of glow are animated by the graphics
 * processor: the main thread writes a buffer once for each change, never for each frame.
 */
export class StarField {
  readonly #gl: WebGL2RenderingContext;
  readonly #still: boolean;
  /** Times of births count from here: single precision has few digits. */
  readonly #since = performance.now();
  #count = 0;
  #from = new Float32Array();
  #to = new Float32Array();
  #born = new Float32Array();
  #color = new Uint8Array();
  #glow = new Float32Array();
  #travelStart = Number.NEGATIVE_INFINITY;
  #glowStart = Number.NEGATIVE_INFINITY;
  #lastBirth = Number.NEGATIVE_INFINITY;
  #constellation: Constellation | undefined;
  #lineEnds = new Float32Array();
  #growStart = Number.NEGATIVE_INFINITY;
  #theme: Theme = "dark";
  #ratio = 1;
  #parts!: StarParts;

  /** @param still - whether changes show at once, without animation */
  constructor(gl: WebGL2RenderingContext, still: boolean) {
    this.#gl = gl;
    this.#still = still;
    this.#build();
    const canvas = gl.canvas as HTMLCanvasElement;
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => {
      this.#build();
      this.#upload();
    });
  }

  set theme(theme: Theme) {
    this.#theme = theme;
    this.#paintCloud();
  }

  resize(width: number, height: number, ratio: number): void {
    const { canvas } = this.#gl;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    this.#ratio = ratio;
  }

  /** Points move to their new positions; those that were not there before are born. */
  setPoints(points: Positions, now: number): void {
    const before = points.count < this.#count ? 0 : this.#count;
    this.#grow(points.count);
    const moved = this.#movedAt(now);
    for (let index = 0; index < points.count; index++) {
      const [x, y] = [points.x[index]!, points.y[index]!];
      const at = index * 2;
      if (index < before) {
        this.#from[at]! += (this.#to[at]! - this.#from[at]!) * moved;
        this.#from[at + 1]! += (this.#to[at + 1]! - this.#from[at + 1]!) * moved;
      } else {
        this.#from[at] = x;
        this.#from[at + 1] = y;
        const delay = this.#still ? -birthTime : Math.random() * (before === 0 ? 900 : 350);
        this.#born[index] = now + delay - this.#since;
        this.#lastBirth = Math.max(this.#lastBirth, now + delay);
        this.#glow[at] = this.#glow[at + 1] = 0;
      }
      this.#to[at] = x;
      this.#to[at + 1] = y;
      this.#color[index] = points.color[index]! % colorCount;
    }
    this.#count = points.count;
    this.#travelStart = this.#still ? Number.NEGATIVE_INFINITY : now;
    this.#placeLines();
    this.#upload();
  }

  /** Lights up the hits and draws lines to them. */
  setConstellation(constellation: Constellation | undefined, now: number): void {
    const before = this.#constellation?.hits.join();
    this.#constellation = constellation;
    this.#placeLines();
    if (constellation?.hits.join() === before) return;
    const reached = this.#glowedAt(now);
    for (let at = 0; at < this.#count * 2; at += 2) {
      this.#glow[at]! += (this.#glow[at + 1]! - this.#glow[at]!) * reached;
      this.#glow[at + 1] = 0;
    }
    constellation?.hits.forEach((index, place) => {
      if (index < this.#count) this.#glow[index * 2 + 1] = place === 0 ? 1 : 0.85;
    });
    this.#glowStart = this.#still ? Number.NEGATIVE_INFINITY : now;
    this.#growStart = this.#glowStart;
    this.#write(this.#parts.glow, this.#glow.subarray(0, this.#count * 2));
  }

  /** Where a point is going to be when it has arrived. */
  positionOf(index: number): [number, number] {
    return [this.#to[index * 2]!, this.#to[index * 2 + 1]!];
  }

  /** The point nearest to a place of the map within the radius. */
  nearest(x: number, y: number, radius: number): number | undefined {
    let found: number | undefined;
    let least = radius ** 2;
    for (let index = 0; index < this.#count; index++) {
      const distance = (this.#to[index * 2]! - x) ** 2 + (this.#to[index * 2 + 1]! - y) ** 2;
      if (distance >= least) continue;
      least = distance;
      found = index;
    }
    return found;
  }

  /** @returns whether another frame must follow */
  draw(camera: Camera, now: number): boolean {
    const gl = this.#gl;
    const { width, height } = gl.canvas;
    gl.viewport(0, 0, width, height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, this.#theme === "dark" ? gl.ONE : gl.ONE_MINUS_SRC_ALPHA);
    const { star, cloud, line } = this.#parts;
    if (![star, cloud, line].every((program) => program.isReady())) return true;
    const view = viewOf(camera);
    if (this.#count > 0) {
      this.#drawCloud(view);
      this.#drawLines(view, camera, now);
      this.#drawStars(view, camera, now);
    }
    return (
      now < this.#travelStart + travelTime ||
      now < this.#glowStart + glowTime ||
      now < this.#growStart + growTime ||
      now < this.#lastBirth + birthTime
    );
  }

  #drawCloud(view: View): void {
    const gl = this.#gl;
    const { cloud } = this.#parts;
    gl.useProgram(cloud.program);
    gl.bindVertexArray(cloud.array);
    gl.bindTexture(gl.TEXTURE_2D, this.#parts.texture);
    gl.uniform4f(cloud.at("view"), ...view);
    gl.uniform1f(cloud.at("extent"), nebula.extent);
    const searching = this.#constellation !== undefined;
    const strength = this.#theme === "dark" ? 0.3 : 0.26;
    gl.uniform1f(cloud.at("strength"), searching ? strength * 0.75 : strength);
    gl.uniform1f(cloud.at("paper"), this.#theme === "light" ? 1 : 0);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  #drawLines(view: View, camera: Camera, now: number): void {
    if (this.#lineEnds.length === 0) return;
    const gl = this.#gl;
    const { line } = this.#parts;
    const grown = Math.min(1, (now - this.#growStart) / growTime);
    gl.useProgram(line.program);
    gl.bindVertexArray(line.array);
    gl.uniform4f(line.at("view"), ...view);
    gl.uniform2f(line.at("pixelSize"), 2 / camera.width, 2 / camera.height);
    gl.uniform1f(line.at("grown"), 1 - (1 - grown) ** 3);
    gl.uniform1f(line.at("shown"), grown);
    gl.uniform1f(line.at("paper"), this.#theme === "light" ? 1 : 0);
    gl.uniform3f(line.at("accent"), ...accents[this.#theme]);
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, this.#lineEnds.length / 5);
  }

  #drawStars(view: View, camera: Camera, now: number): void {
    const gl = this.#gl;
    const { star } = this.#parts;
    const [shift, zoom] = [this.#movedAt(now), camera.scale / camera.fit];
    gl.useProgram(star.program);
    gl.bindVertexArray(star.array);
    gl.uniform4f(star.at("view"), ...view);
    gl.uniform1f(star.at("moved"), shift);
    gl.uniform1f(star.at("glowed"), this.#glowedAt(now));
    gl.uniform1f(star.at("now"), now - this.#since);
    gl.uniform1f(star.at("size"), starSize(this.#count, zoom, camera) * this.#ratio);
    gl.uniform1f(star.at("dim"), this.#constellation ? dimmed(zoom) : 0);
    gl.uniform1f(star.at("paper"), this.#theme === "light" ? 1 : 0);
    gl.uniform3f(star.at("accent"), ...accents[this.#theme]);
    gl.uniform3fv(star.at("palette"), paletteOf(this.#theme).flat());
    gl.drawArrays(gl.POINTS, 0, this.#count);
    // Once more, so that no other star covers them.
    for (const index of this.#constellation?.hits ?? [])
      if (index < this.#count) gl.drawArrays(gl.POINTS, index, 1);
  }

  #movedAt(now: number): number {
    const time = Math.min(1, Math.max(0, (now - this.#travelStart) / travelTime));
    return 1 - (1 - time) ** 3;
  }

  #glowedAt(now: number): number {
    return Math.min(1, Math.max(0, (now - this.#glowStart) / glowTime));
  }

  #grow(count: number): void {
    if (count <= this.#color.length) return;
    const capacity = Math.max(1024, 2 ** Math.ceil(Math.log2(count)));
    this.#from = enlarged(this.#from, capacity * 2);
    this.#to = enlarged(this.#to, capacity * 2);
    this.#born = enlarged(this.#born, capacity);
    this.#glow = enlarged(this.#glow, capacity * 2);
    const color = new Uint8Array(capacity);
    color.set(this.#color);
    this.#color = color;
  }

  #placeLines(): void {
    const { x = 0, y = 0, hits = [] } = this.#constellation ?? {};
    const inside = hits.filter((index) => index < this.#count);
    this.#lineEnds = new Float32Array(
      inside.flatMap((index, place) => [x, y, ...this.positionOf(index), 0.9 - place * 0.06]),
    );
    this.#write(this.#parts.lines, this.#lineEnds);
  }

  #upload(): void {
    const { from, to, born, color, glow } = this.#parts;
    this.#write(from, this.#from.subarray(0, this.#count * 2));
    this.#write(to, this.#to.subarray(0, this.#count * 2));
    this.#write(color, this.#color.subarray(0, this.#count));
    this.#write(glow, this.#glow.subarray(0, this.#count * 2));
    this.#write(born, this.#born.subarray(0, this.#count));
    this.#placeLines();
    this.#paintCloud();
  }

  #write(buffer: WebGLBuffer, values: Float32Array | Uint8Array): void {
    const gl = this.#gl;
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, values, gl.DYNAMIC_DRAW);
  }

  #paintCloud(): void {
    const gl = this.#gl;
    const [x, y] = [new Float32Array(this.#count), new Float32Array(this.#count)];
    for (let index = 0; index < this.#count; index++)
      [x[index], y[index]] = this.positionOf(index) as [number, number];
    const cells = { count: this.#count, x, y, color: this.#color };
    const pixels = paintNebula(cells, paletteOf(this.#theme));
    const { side } = nebula;
    gl.bindTexture(gl.TEXTURE_2D, this.#parts.texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, side, side, 0, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
  }

  #build(): void {
    this.#parts = buildParts(this.#gl);
  }
}

type View = [x: number, y: number, scaleX: number, scaleY: number];

/** What the shaders need to place a point of the map. */
function viewOf(camera: Camera): View {
  const [x, y] = camera.unproject(camera.width / 2, camera.height / 2);
  return [x, y, (2 * camera.scale) / camera.width, (2 * camera.scale) / camera.height];
}

/** Radius with halo, in pixels of the page. */
function starSize(count: number, zoom: number, camera: Camera): number {
  const crowd = Math.sqrt((camera.fit * 2) ** 2 / Math.max(count, 200));
  const size = Math.min(9, Math.max(3.4, crowd * 0.5));
  return Math.min(22, size * zoom ** 0.42);
}

/** How much the other stars step back in a search: less where one sees all of them. */
function dimmed(zoom: number): number {
  return 0.3 + 0.32 * Math.min(1, Math.max(0, (zoom - 1.2) / 2));
}

function paletteOf(theme: Theme): Rgb[] {
  return Array.from({ length: colorCount }, (_, color) => clusterColor(color, theme));
}

function enlarged(values: Float32Array, length: number): Float32Array<ArrayBuffer> {
  const result = new Float32Array(length);
  result.set(values);
  return result;
}
