const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** A vector as OpenAI encodes it: little-endian float32 in base64. */
export function base64Of(vector: Float32Array): string {
  const bytes = isLittleEndian
    ? new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength)
    : littleEndianBytes(vector);
  let binary = "";
  // As arguments of one call, all bytes of a long vector could be too many.
  for (let start = 0; start < bytes.length; start += 8192)
    binary += String.fromCharCode.apply(null, bytes.subarray(start, start + 8192) as never);
  return btoa(binary);
}

function littleEndianBytes(vector: Float32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(vector.byteLength));
  vector.forEach((value, index) => {
    view.setFloat32(index * 4, value, true);
  });
  return new Uint8Array(view.buffer);
}
