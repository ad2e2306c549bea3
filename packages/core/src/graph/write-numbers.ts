import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { dequantized } from "./dequantize-weights.ts";
import { externalPlaceOf, type OnnxTensor, placeExternally } from "./onnx-model.ts";
import { dataTypes, type QuantizedWeights } from "./quantized-weights.ts";

/** Data at a multiple of this can be mapped into memory, also on Windows. */
const alignment = 65_536;

/**
 * Computes weights in fp32, writes them to a file, and tells their tensors where they are.
 *
 * @param folder - folder of the graph, in which its data files are
 * @param location - what the graph calls the file
 * @param signal - checked before each of the weights
 */
export async function writeNumbers(
  weights: readonly QuantizedWeights[],
  folder: string,
  path: string,
  location: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const file = await open(path, "wx");
  const reader = new TensorReader(folder);
  try {
    let offset = 0;
    for (const weight of weights) {
      signal?.throwIfAborted();
      const { integers, scale, zeroPoint, numbers } = weight;
      const data = dequantized(
        weight,
        await reader.integers(integers),
        new Float32Array(await reader.bytes(scale)),
        zeroPoint && (await reader.integers(zeroPoint)),
      );
      await file.write(new Uint8Array(data.buffer), 0, data.byteLength, offset);
      placeExternally(numbers, { location, offset, length: data.byteLength });
      offset = Math.ceil((offset + data.byteLength) / alignment) * alignment;
    }
  } finally {
    await file.close();
    await reader.close();
  }
}

/** Reads the data of tensors, which are in the graph or in its data files. */
class TensorReader {
  readonly #folder: string;
  readonly #files = new Map<string, FileHandle>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async integers(tensor: OnnxTensor): Promise<Int8Array | Uint8Array> {
    const bytes = await this.bytes(tensor);
    return tensor.dataType === dataTypes.int8 ? new Int8Array(bytes) : new Uint8Array(bytes);
  }

  async bytes(tensor: OnnxTensor): Promise<ArrayBuffer> {
    const place = externalPlaceOf(tensor);
    if (!place) return bytesInGraph(tensor);
    const path = join(this.#folder, place.location.value);
    const file = this.#files.get(path) ?? (await open(path));
    this.#files.set(path, file);
    const length = place.length ?? (await file.stat()).size - place.offset;
    const bytes = new Uint8Array(length);
    const { bytesRead } = await file.read(bytes, 0, length, place.offset);
    if (bytesRead !== length) throw new RangeError(`${path} ends before the data of a tensor`);
    return bytes.buffer;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.close()));
  }
}

/** A tensor of these types uses at most one of the three fields. */
function bytesInGraph({ rawData, floatData, int32Data }: OnnxTensor): ArrayBuffer {
  if (floatData.length > 0) return new Float32Array(floatData).buffer;
  return int32Data.length > 0 ? new Uint8Array(int32Data).buffer : new Uint8Array(rawData).buffer;
}
