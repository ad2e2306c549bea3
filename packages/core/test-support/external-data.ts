import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";

/**
 * Moves the weights of an ONNX file into files of their own beside it, `….onnx_data`,
 * `….onnx_data_1` and so on, as large models have them.
 *
 * @param files - how many
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto: field 7 of ModelProto is the graph,
 * 5 of the graph are its initializers; of a TensorProto 9 is `raw_data`, 13 `external_data` and 14
 * `data_location`
 */
export async function moveWeightsOut(path: string, files = 1): Promise<void> {
  const dataFiles = Array.from({ length: files }, (_, index) => ({
    suffix: `_data${index === 0 ? "" : `_${index}`}`,
    contents: [] as Buffer[],
    size: 0,
  }));
  let moved = 0;
  const moveOut = (tensor: Buffer): Buffer => {
    const fields = fieldsOf(tensor);
    const raw = fields.find(({ number }) => number === 9)?.content;
    if (!raw || raw.length < 64) return tensor;
    const file = dataFiles[moved++ % files]!;
    const location = basename(path) + file.suffix;
    const entries = Object.entries({
      location,
      offset: String(file.size),
      length: String(raw.length),
    });
    file.contents.push(raw);
    file.size += raw.length;
    return Buffer.concat([
      ...fields.filter(({ number }) => number !== 9).map(({ bytes }) => bytes),
      ...entries.map(([key, value]) =>
        message(13, Buffer.concat([message(1, key), message(2, value)])),
      ),
      Buffer.from([14 << 3, 1]),
    ]);
  };
  const model = change(await readFile(path), 7, (graph) => change(graph, 5, moveOut));
  await writeFile(path, model);
  for (const { suffix, contents } of dataFiles)
    await writeFile(path + suffix, Buffer.concat(contents));
}

interface Field {
  readonly number: number;
  readonly bytes: Buffer;
  /** Of a field with a length. */
  readonly content: Buffer | null;
}

function change(buffer: Buffer, number: number, to: (content: Buffer) => Buffer): Buffer {
  return Buffer.concat(
    fieldsOf(buffer).map((field) =>
      field.number === number ? message(number, to(field.content!)) : field.bytes,
    ),
  );
}

/** @see https://protobuf.dev/programming-guides/encoding */
function fieldsOf(buffer: Buffer): Field[] {
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

function message(number: number, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}
