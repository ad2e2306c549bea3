/** Replaces characters as a `Precompiled` normalizer does. */
export type Normalize = (text: string) => string;

/**
 * Reads the `precompiled_charsmap` of a SentencePiece tokenizer and applies it as Hugging Face's
 * `tokenizers` does: to a whole grapheme of less than 6 bytes where the map has its beginning, else
 * to each of its characters. Transformers.js puts Unicode's NFKC in its place, which gives other
 * tokens for emoji sequences, half-width kana, combining marks and control characters.
 *
 * @param charsmap - base64 of a 32-bit size, a double-array trie of that many bytes, and the
 * replacements, each ended by a NUL
 * @see
 * https://github.com/huggingface/tokenizers/blob/main/tokenizers/src/normalizers/precompiled.rs
 * @see https://github.com/huggingface/spm_precompiled/blob/master/src/lib.rs
 */
export function precompiledNormalizer(charsmap: string): Normalize {
  const bytes = Uint8Array.from(atob(charsmap), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const trieSize = view.getUint32(0, true);
  const trie = Uint32Array.from({ length: trieSize / 4 }, (_, index) =>
    view.getUint32(4 + 4 * index, true),
  );
  const replacements = bytes.subarray(4 + trieSize);

  const decoder = new TextDecoder();
  const encoder = new TextEncoder();

  /** The replacement of the shortest prefix of the text that the map has, or null. */
  const transform = (text: string): string | null => {
    const start = firstMatch(trie, encoder.encode(text));
    return start === null
      ? null
      : decoder.decode(replacements.subarray(start, replacements.indexOf(0, start)));
  };
  const normalizeGrapheme = (grapheme: string): string => {
    const whole = encoder.encode(grapheme).length < 6 ? transform(grapheme) : null;
    return whole ?? Array.from(grapheme, (character) => transform(character) ?? character).join("");
  };
  const known = new Map<string, string>();
  const normalizeGraphemes = (text: string): string => {
    let normalized = "";
    for (const { segment } of segmenter.segment(text)) {
      let replacement = known.get(segment);
      if (replacement === undefined) {
        replacement = normalizeGrapheme(segment);
        if (known.size < maxKnown) known.set(segment, replacement);
      }
      normalized += replacement;
    }
    return normalized;
  };

  const keepsAscii = printableAscii.every(
    (character) => (transform(character) ?? character) === character,
  );
  return (text) =>
    keepsAscii ? text.replace(aroundNonAscii, normalizeGraphemes) : normalizeGraphemes(text);
}

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Graphemes whose replacement is remembered; a language has a few thousand. */
const maxKnown = 20_000;

const printableAscii = Array.from({ length: 0x7f - 0x20 }, (_, index) =>
  String.fromCharCode(0x20 + index),
);

/**
 * What is not printable ASCII, with the neighbours that may belong to its graphemes; the rest need
 * not be segmented, which is slow.
 */
const aroundNonAscii = /[ -~]?(?:[^ -~]+[ -~]?)+/g;

/**
 * Where the replacement of the shortest matching prefix begins; the trie is a double array as of
 * darts-clone.
 */
function firstMatch(trie: Uint32Array, key: Uint8Array): number | null {
  let position = offsetOf(trie[0]!);
  for (const byte of key) {
    if (byte === 0) return null;
    position ^= byte;
    const unit = trie[position];
    if (unit === undefined || (unit & 0x800000ff) !== byte) return null;
    position ^= offsetOf(unit);
    const hasLeaf = ((unit >>> 8) & 1) === 1;
    if (hasLeaf) return trie[position]! & 0x7fffffff;
  }
  return null;
}

function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
