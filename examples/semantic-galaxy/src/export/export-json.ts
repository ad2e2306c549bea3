import { type ExportedGalaxy, textsAtOnce } from "./exported-galaxy.ts";

/**
 * Texts, places and vectors as JSON. A vector is the Base64 of its numbers: 32-bit floats, little
 * endian: `new Float32Array(Uint8Array.from(atob(vector), (c) => c.charCodeAt(0)).buffer)`.
 */
export async function exportJson(galaxy: ExportedGalaxy): Promise<Blob> {
  const { texts, x, y, identity, dimension, vectors } = galaxy;
  const head = JSON.stringify({ format: "semantic-galaxy", version: 1, identity, dimension });
  const parts: string[] = [`${head.slice(0, -1)},"texts":[\n`];
  for (let from = 0; from < texts.length; from += textsAtOnce) {
    const to = Math.min(texts.length, from + textsAtOnce);
    const rows = await vectors(from, to);
    const lines = texts.slice(from, to).map((text, row) => {
      const vector = base64(rows.subarray(row * dimension, (row + 1) * dimension));
      return JSON.stringify({ ...text, x: x[from + row], y: y[from + row], vector });
    });
    parts.push(lines.join(",\n"), to < texts.length ? ",\n" : "");
  }
  parts.push("\n]}\n");
  return new Blob(parts, { type: "application/json" });
}

function base64(numbers: Float32Array): string {
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  return btoa(String.fromCharCode(...bytes));
}
