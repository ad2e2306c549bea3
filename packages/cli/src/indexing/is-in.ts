import { join, sep } from "node:path";

/** Whether a path is a place, or in it. */
export function isIn(place: string, path: string): boolean {
  return `${path}${sep}`.startsWith(join(place, sep));
}
