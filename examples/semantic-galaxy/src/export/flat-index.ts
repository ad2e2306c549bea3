/**
 * The beginning of a file of FAISS with an `IndexFlatIP`; its numbers follow. FAISS writes it in
 * `write_index_header` and `write_index` of `index_write.cpp`.
 */
export function flatIndexHeader(dimension: number, count: number): Uint8Array<ArrayBuffer> {
  const unused = 1n << 20n;
  const bytes = new Uint8Array(4 + 4 + 3 * 8 + 1 + 4 + 8);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode("IxFI"));
  view.setInt32(4, dimension, true);
  view.setBigInt64(8, BigInt(count), true);
  view.setBigInt64(16, unused, true);
  view.setBigInt64(24, unused, true);
  view.setUint8(32, 1); // is trained
  view.setInt32(33, 0, true); // the metric: inner product
  view.setBigUint64(37, BigInt(count) * BigInt(dimension), true); // numbers that follow
  return bytes;
}
