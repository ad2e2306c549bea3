/** Normalizes a text before it is tokenized. */
export type Normalize = (text: string) => string;

/**
 * Creates a normalizer from the `precompiled_charsmap` of a SentencePiece tokenizer. It works as in
 * Hugging Face's `tokenizers`: it replaces a grapheme of fewer than 6 bytes as a whole if the map
 * has a prefix of it, and otherwise each of its characters. Transformers.js uses Unicode's NFKC
 * instead, which gives other tokens for emoji sequences, half-width kana, combining marks and
 * control characters.
 *
 * @param charsmap - base64 of a 32-bit size, a double-array trie of that many bytes, and the
 * replacements, each terminated by a NUL
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

  /** The replacement of the shortest prefix of a text that is in the map; null if there is none. */
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
  const cache = new Map<string, string>();
  const normalizeGraphemes = (text: string): string => {
    let normalized = "";
    for (const { segment } of segmenter.segment(text)) {
      let replacement = cache.get(segment);
      if (replacement === undefined) {
        replacement = normalizeGrapheme(segment);
        if (cache.size < maxCached) cache.set(segment, replacement);
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

/** Maximum number of graphemes with a cached replacement. A language has a few thousand. */
const maxCached = 20_000;

const printableAscii = Array.from({ length: 0x7f - 0x20 }, (_, index) =>
  String.fromCharCode(0x20 + index),
);

/**
 * Everything except printable ASCII, with the neighbors that may belong to the same grapheme. The
 * rest is not segmented, since that is slow.
 */
const aroundNonAscii = /[ -~]?(?:[^ -~]+[ -~]?)+/g;

/**
 * Position of the replacement for the shortest prefix of the key that is in the trie; null if there
 * is none. The trie is a double array of darts-clone.
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
