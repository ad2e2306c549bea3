import { show } from "../errors.ts";
import type { FlatFile, IndexHeader } from "./faiss-header.ts";
import { copyInPython, notImportable } from "./faiss-kinds.ts";
import { damagedFile, type FileCursor, wrongLength } from "./file-cursor.ts";

/** FAISS's `idx_t`. */
const labelBytes = 8;

/**
 * Reads the rest of an `IndexIVFFlat`, behind its header. The vectors are in lists, each with its
 * own labels; they are returned in the order of their labels, in which they were added.
 */
export async function readInvertedLists(
  file: FileCursor,
  { dimension, rows, metric }: IndexHeader,
  end: number,
): Promise<FlatFile> {
  const lists = await file.count();
  file.skip(8); // nprobe
  await skipQuantizer(file);
  await skipDirectMap(file);
  const sizes = await readSizes(file, lists, dimension * 4);
  const expected = file.position + rows * (dimension * 4 + labelBytes);
  if (expected !== end) throw wrongLength(file.path, end, expected);
  if (sizes.reduce((sum, size) => sum + size, 0) !== rows)
    throw damagedFile(file.path, `its lists do not have ${rows} vectors together`);
  const start = file.position;
  const labels = new BigInt64Array(rows);
  let row = 0;
  for (const size of sizes) {
    file.skip(size * dimension * 4);
    labels.set(await file.bigints(size), row);
    row += size;
  }
  const places = placesOf(labels);
  const vectors = new Float32Array(rows * dimension);
  file.position = start;
  row = 0;
  for (const size of sizes) {
    const list = await file.floats(size * dimension);
    file.skip(size * labelBytes);
    for (let item = 0; item < size; item++) {
      const vector = list.subarray(item * dimension, (item + 1) * dimension);
      vectors.set(vector, places[row++]! * dimension);
    }
  }
  return { metric, dimension, vectors, labels: [...labels.sort()] };
}

/** The place of each row when the rows are in the order of their labels. */
function placesOf(labels: BigInt64Array): Uint32Array {
  const order = Uint32Array.from(labels, (_, row) => row).sort((one, other) => {
    const difference = labels[one]! - labels[other]!;
    return difference === 0n ? one - other : difference < 0n ? -1 : 1;
  });
  const places = new Uint32Array(labels.length);
  for (const [place, row] of order.entries()) places[row] = place;
  return places;
}

/** @returns the sizes of the lists that are not empty */
async function readSizes(file: FileCursor, lists: number, codeBytes: number): Promise<number[]> {
  const fourcc = await file.text(4);
  if (fourcc === "il00") return [];
  if (fourcc === "ilod") {
    throw notImportable(
      file.path,
      "IwFl",
      "an IndexIVFFlat of FAISS whose vectors are in another file (OnDiskInvertedLists). " +
        `Load it with that file. ${copyInPython} Call \`index.make_direct_map()\` first.`,
    );
  }
  if (fourcc !== "ilar") {
    throw notImportable(
      file.path,
      "IwFl",
      `an IndexIVFFlat of FAISS with lists of the kind ${show(fourcc)}, which cannot be ` +
        `imported. ${copyInPython} Call \`index.make_direct_map()\` first.`,
    );
  }
  if ((await file.count()) !== lists) throw damagedFile(file.path, "it has two numbers of lists");
  if ((await file.count()) !== codeBytes)
    throw damagedFile(file.path, `its vectors do not have ${codeBytes} bytes`);
  const form = await file.text(4);
  const numbers = Array.from(await file.bigints(await file.count()), Number);
  if (form === "full" && numbers.length === lists) return numbers.filter((size) => size !== 0);
  if (form === "sprs" && numbers.length % 2 === 0)
    return numbers.filter((_, position) => position % 2 === 1);
  throw damagedFile(file.path, `the sizes of its lists have the form ${show(form)}`);
}

/** Skips the index of the centres of the lists. */
async function skipQuantizer(file: FileCursor): Promise<void> {
  const fourcc = await file.text(4);
  file.skip(29); // dimension, rows, two unused numbers, and whether it is trained
  const metric = (await file.bytes(4)).readInt32LE();
  if (metric > 1) file.skip(4); // metric_arg
  switch (fourcc) {
    case "IxFI":
    case "IxF2":
    case "IxFl":
      return file.skipVector(4);
    case "IHNf":
      for (const itemBytes of [8, 4, 4, 8, 4]) await file.skipVector(itemBytes);
      file.skip(20);
      return skipQuantizer(file);
    case "Imiq":
      file.skip(24);
      return file.skipVector(4);
  }
  throw notImportable(
    file.path,
    "IwFl",
    `an IndexIVFFlat of FAISS with a quantizer of the kind ${show(fourcc)}, which cannot be ` +
      `imported. ${copyInPython} Call \`index.make_direct_map()\` first.`,
  );
}

async function skipDirectMap(file: FileCursor): Promise<void> {
  const kind = (await file.bytes(1)).readUInt8();
  await file.skipVector(labelBytes);
  if (kind === 2) await file.skipVector(2 * labelBytes);
}
