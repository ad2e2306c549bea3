import type { Rgb } from "../palette.ts";

/** Cells of a side; the texture is stretched over the map, so few are enough. */
const side = 128;
/** The texture reaches from -extent to extent on both axes of the map. */
const extent = 1.5;

export const nebula = { side, extent };

/**
 * The clouds between the stars: how many points of which color are near each place.
 *
 * @returns pixels, red, green, blue and density, each from 0 to 255
 */
export function paintNebula(
  points: { count: number; x: Float32Array; y: Float32Array; color: Uint8Array },
  palette: readonly Rgb[],
): Uint8Array<ArrayBuffer> {
  const cells = new Float32Array(side * side * 4);
  for (let index = 0; index < points.count; index++) {
    const column = cellOf(points.x[index]!);
    const row = cellOf(points.y[index]!);
    if (column < 0 || row < 0 || column >= side || row >= side) continue;
    const [red, green, blue] = palette[points.color[index]! % palette.length]!;
    const cell = (row * side + column) * 4;
    cells[cell]! += red;
    cells[cell + 1]! += green;
    cells[cell + 2]! += blue;
    cells[cell + 3]! += 1;
  }
  // Three box blurs are close to a Gaussian.
  const other = new Float32Array(cells.length);
  for (let pass = 0; pass < 3; pass++) {
    blur(cells, other, 4, side * 4);
    blur(other, cells, side * 4, 4);
  }
  return toPixels(cells);
}

function cellOf(position: number): number {
  return Math.floor(((position + extent) / (2 * extent)) * side);
}

function toPixels(cells: Float32Array): Uint8Array<ArrayBuffer> {
  let densest = 0;
  for (let cell = 3; cell < cells.length; cell += 4) densest = Math.max(densest, cells[cell]!);
  const pixels = new Uint8Array(cells.length);
  if (densest === 0) return pixels;
  for (let cell = 0; cell < cells.length; cell += 4) {
    const density = cells[cell + 3]!;
    if (density < 1e-6) continue;
    for (let part = 0; part < 3; part++)
      pixels[cell + part] = Math.min(255, (cells[cell + part]! / density) * 255);
    // The power keeps thin clouds visible beside dense ones.
    pixels[cell + 3] = (density / densest) ** 0.7 * 255;
  }
  return pixels;
}

/** Mean of each cell and its neighbors along `step`, as a running sum. */
function blur(from: Float32Array, to: Float32Array, step: number, across: number): void {
  const radius = 3;
  const weight = 1 / (2 * radius + 1);
  for (let line = 0; line < side; line++) {
    for (let part = 0; part < 4; part++) {
      const start = line * across + part;
      let sum = 0;
      for (let at = 0; at < radius; at++) sum += from[start + at * step]!;
      for (let at = 0; at < side; at++) {
        if (at + radius < side) sum += from[start + (at + radius) * step]!;
        if (at - radius - 1 >= 0) sum -= from[start + (at - radius - 1) * step]!;
        to[start + at * step] = sum * weight;
      }
    }
  }
}
