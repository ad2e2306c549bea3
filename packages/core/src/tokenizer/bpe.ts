import { type BpeConfig, type BpeTables, rankOf } from "./bpe-tables.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** Appends the ids of a word's tokens, and to `sizes` the number of UTF-8 bytes of each. */
export type EncodeWord = (word: string, ids: number[], sizes?: number[]) => void;

/**
 * Byte-pair encoding as in Hugging Face's `tokenizers`. Its time grows almost linearly with the
 * length of a word.
 *
 * @see https://github.com/huggingface/tokenizers/blob/main/tokenizers/src/models/bpe/word.rs
 */
export function bpeEncoder(
  tables: BpeTables,
  vocabulary: Vocabulary,
  { unk_token, fuse_unk, byte_fallback, ignore_merges }: BpeConfig,
): EncodeWord {
  const unknown = unk_token ? (vocabulary.get(unk_token) ?? none) : none;
  const idsOfBytes = byte_fallback ? byteTokens(vocabulary) : null;
  const idOfCharacter = characterLookup(vocabulary);
  const encoder = new TextEncoder();
  let room = new Room(initialRoom);

  /** Sets the tokens of the single characters. Returns their number. */
  function start(word: string): number {
    const { symbols, sizes } = room;
    let count = 0;
    let isUnknown = false;
    let unknownSize = 0;
    const add = (symbol: number, size: number) => {
      sizes[count] = size;
      symbols[count++] = symbol;
    };
    for (let index = 0; index < word.length; ) {
      const codePoint = word.codePointAt(index)!;
      index += codePoint > 0xffff ? 2 : 1;
      const id = idOfCharacter(codePoint);
      if (id !== none) {
        if (isUnknown) add(unknown, unknownSize);
        isUnknown = false;
        add(id, bytesOf(codePoint));
        continue;
      }
      const bytes = idsOfBytes && encoder.encode(String.fromCodePoint(codePoint));
      if (bytes?.every((byte) => idsOfBytes![byte] !== none)) {
        // As in `tokenizers`, an unknown character before goes after these bytes.
        for (const byte of bytes) add(idsOfBytes![byte]!, 1);
        continue;
      }
      if (unknown === none) continue;
      if (isUnknown && !fuse_unk) add(unknown, unknownSize);
      unknownSize = bytesOf(codePoint) + (isUnknown && fuse_unk ? unknownSize : 0);
      isUnknown = true;
    }
    if (isUnknown) add(unknown, unknownSize);
    return count;
  }

  return (word, ids, sizes) => {
    if (ignore_merges) {
      const id = vocabulary.get(word);
      if (id !== undefined) {
        ids.push(id);
        sizes?.push(encoder.encode(word).length);
        return;
      }
    }
    // A UTF-16 unit has up to three bytes.
    const needed = word.length * (idsOfBytes ? 3 : 1) + 1;
    if (needed > room.size) room = new Room(needed);
    const count = start(word);
    mergeAll(tables, room, count);
    const { symbols } = room;
    for (let index = 0; index < count; index++) {
      // A token that is gone was merged into the one before.
      if (symbols[index] === none) {
        if (sizes) sizes[sizes.length - 1]! += room.sizes[index]!;
        continue;
      }
      ids.push(symbols[index]!);
      sizes?.push(room.sizes[index]!);
    }
    if (room.size > maxKeptRoom) room = new Room(initialRoom);
  };
}

const none = -1;

const initialRoom = 4096;

/** Larger arrays are not kept after a long word. */
const maxKeptRoom = 262_144;

/** Arrays for the tokens of a word, linked in both directions, and a heap of possible merges. */
class Room {
  readonly size: number;
  readonly symbols: Int32Array;
  /** Number of UTF-8 bytes of each token before merging. */
  readonly sizes: Int32Array;
  readonly next: Int32Array;
  readonly previous: Int32Array;
  /** Each merge replaces one possible merge by up to two. */
  readonly heap: Float64Array;

  constructor(size: number) {
    this.size = size;
    this.symbols = new Int32Array(size);
    this.sizes = new Int32Array(size);
    this.next = new Int32Array(size);
    this.previous = new Int32Array(size);
    this.heap = new Float64Array(2 * size);
  }
}

/** A possible merge is one number, ordered by rank, then by position: rank × this + position. */
const rankUnit = 2 ** 31;

/** Merges tokens, the lowest rank first, until no merge is left. A token that is gone is -1. */
function mergeAll(tables: BpeTables, room: Room, count: number): void {
  const { merges } = tables;
  const { symbols, next, previous, heap } = room;
  let size = 0;

  function push(position: number, right: number): void {
    const rank = rankOf(tables, symbols[position]!, symbols[right]!);
    if (rank < 0) return;
    const key = rank * rankUnit + position;
    let index = size++;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (heap[parent]! <= key) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = key;
  }

  function pop(): number {
    const top = heap[0]!;
    const last = heap[--size]!;
    let index = 0;
    for (let child = 1; child < size; child = 2 * index + 1) {
      if (child + 1 < size && heap[child + 1]! < heap[child]!) child++;
      if (heap[child]! >= last) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return top;
  }

  for (let index = 0; index < count; index++) {
    next[index] = index + 1;
    previous[index] = index - 1;
  }
  for (let index = 0; index + 1 < count; index++) push(index, index + 1);
  while (size > 0) {
    const key = pop();
    const rank = Math.floor(key / rankUnit);
    const position = key - rank * rankUnit;
    const right = next[position]!;
    if (symbols[position] === none || right >= count) continue;
    const newId = merges[3 * rank + 2]!;
    // One of the two may have been merged meanwhile.
    const current = rankOf(tables, symbols[position]!, symbols[right]!);
    if (current < 0 || merges[3 * current + 2] !== newId) continue;
    symbols[position] = newId;
    symbols[right] = none;
    const after = next[right]!;
    next[position] = after;
    if (after < count) previous[after] = position;
    const before = previous[position]!;
    if (before >= 0) push(before, position);
    if (after < count) push(position, after);
  }
}

/** Ids of the tokens for single bytes, such as `<0x0A>`; -1 for a byte without a token. */
function byteTokens(vocabulary: Vocabulary): Int32Array {
  return Int32Array.from({ length: 256 }, (_, byte) => {
    const code = byte.toString(16).toUpperCase().padStart(2, "0");
    return vocabulary.get(`<0x${code}>`) ?? none;
  });
}

/** Ids of tokens of one character; -1 for a character without a token. */
function characterLookup(vocabulary: Vocabulary): (codePoint: number) => number {
  const unknownYet = -2;
  const cache = new Int32Array(0x10000).fill(unknownYet);
  const lookUp = (codePoint: number) => vocabulary.get(String.fromCodePoint(codePoint)) ?? none;
  return (codePoint) => {
    if (codePoint > 0xffff) return lookUp(codePoint);
    if (cache[codePoint] === unknownYet) cache[codePoint] = lookUp(codePoint);
    return cache[codePoint]!;
  };
}

function bytesOf(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}
