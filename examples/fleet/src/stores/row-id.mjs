import { createHash } from "node:crypto";

/**
 * The id of a document's row: a UUID, since both stores want one, made of the document's key. The
 * same document always gets the same row, whichever worker writes it and however often.
 *
 * @param {{ key: string }} document
 */
export function rowId({ key }) {
  const hex = createHash("sha256").update(key).digest("hex");
  const [a, b, c, d] = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(13, 16), hex.slice(17, 20)];
  return `${a}-${b}-8${c}-8${d}-${hex.slice(20, 32)}`; // Version 8: the application's own kind.
}
