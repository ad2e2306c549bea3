import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { field, number, text } from "./protobuf.ts";

/**
 * Moves the weights of an ONNX file into files of their own, in turn.
 *
 * @param locations - names of the files, as paths relative to the folder of the ONNX file
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto: field 7 of ModelProto is the graph,
 * 5 of the graph are its initializers; of a TensorProto 9 is `raw_data`, 13 `external_data` and 14
 * `data_location`
 */
export async function moveWeightsOut(
  path: string,
  locations: readonly string[] = [`${basename(path)}_data`],
): Promise<void> {
  const dataFiles = locations.map((location) => ({ location, contents: [] as Buffer[], size: 0 }));
  let moved = 0;
  const moveOut = (tensor: Buffer): Buffer => {
    const fields = fieldsOf(tensor);
    const raw = fields.find(({ number }) => number === 9)?.content;
    if (!raw || raw.length < 64) return tensor;
    const file = dataFiles[moved++ % dataFiles.length]!;
    const entries = Object.entries({
      location: file.location,
      offset: String(file.size),
      length: String(raw.length),
    });
    file.contents.push(raw);
    file.size += raw.length;
    return Buffer.concat([
      ...fields.filter(({ number }) => number !== 9).map(({ bytes }) => bytes),
      ...entries.map(([key, value]) => field(13, text(1, key), text(2, value))),
      number(14, 1),
    ]);
  };
  const model = change(await readFile(path), 7, (graph) => change(graph, 5, moveOut));
  await writeFile(path, model);
  for (const { location, contents } of dataFiles) {
    const dataFile = join(dirname(path), location);
    await mkdir(dirname(dataFile), { recursive: true });
    await writeFile(dataFile, Buffer.concat(contents));
  }
}

interface Field {
  readonly number: number;
  readonly bytes: Buffer;
  /** Of a field with a length. */
  readonly content: Buffer | null;
}

export function change(buffer: Buffer, wanted: number, to: (content: Buffer) => Buffer): Buffer {
  return Buffer.concat(
    fieldsOf(buffer).map((found) =>
      found.number === wanted ? field(wanted, to(found.content!)) : found.bytes,
    ),
  );
}

/** @see https://protobuf.dev/programming-guides/encoding */
export function fieldsOf(buffer: Buffer): Field[] {
  const fields: Field[] = [];
  let position = 0;
  const readVarint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = buffer[position++]!;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  };
  while (position < buffer.length) {
    const start = position;
    const tag = readVarint();
    let content: Buffer | null = null;
    if ((tag & 7) === 0) {
      readVarint();
    } else if ((tag & 7) === 2) {
      const length = readVarint();
      content = buffer.subarray(position, position + length);
      position += length;
    } else {
      position += (tag & 7) === 1 ? 8 : 4;
    }
    fields.push({ number: tag >>> 3, bytes: buffer.subarray(start, position), content });
  }
  return fields;
}
