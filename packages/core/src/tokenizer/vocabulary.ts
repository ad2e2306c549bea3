/** The tokens of a model by id, in arrays that take no room on the heap. */
export interface VocabularyTables {
  /** The tokens one after the other, in UTF-8. */
  readonly tokenBytes: Uint8Array;
  /** Where each token ends in `tokenBytes`, by id. An id without a token has no bytes. */
  readonly tokenEnds: Uint32Array;
  /** A hash table with linear probing: id + 1 of a token, or 0. Its size is a power of two. */
  readonly tokenSlots: Uint32Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Ids without a token take room, so there must not be many. */
const maxUnused = 65_536;

/**
 * @param ids - id of each token
 * @returns null if a token is empty or not well-formed, if two have the same id, or if an id is not
 * a small whole number
 */
export function buildVocabulary(ids: ReadonlyMap<string, number>): VocabularyTables | null {
  const tokens: string[] = [];
  let length = 0;
  for (const [token, id] of ids) {
    const isValid = token !== "" && token.isWellFormed() && Number.isInteger(id) && id >= 0;
    if (!isValid || id >= ids.size + maxUnused || tokens[id] !== undefined) return null;
    tokens[id] = token;
    length += token.length;
  }
  // A UTF-16 unit has up to three bytes.
  const bytes = new Uint8Array(3 * length);
  const tokenEnds = new Uint32Array(tokens.length);
  const tokenSlots = new Uint32Array(slotsFor(ids.size));
  const mask = tokenSlots.length - 1;
  let end = 0;
  for (let id = 0; id < tokens.length; id++) {
    const token = tokens[id];
    if (token !== undefined) {
      const free = bytes.subarray(end);
      const { written } = encoder.encodeInto(token, free);
      let slot = hashOf(free, written) & mask;
      while (tokenSlots[slot] !== 0) slot = (slot + 1) & mask;
      tokenSlots[slot] = id + 1;
      end += written;
    }
    tokenEnds[id] = end;
  }
  return { tokenBytes: bytes.slice(0, end), tokenEnds, tokenSlots };
}

/** Number of slots of a hash table that is at most half full. */
export function slotsFor(count: number): number {
  return 2 ** Math.ceil(Math.log2(2 * count + 2));
}

/** Looks tokens up as a `Map` from tokens to ids would. */
export class Vocabulary {
  readonly #tables: VocabularyTables;
  #scratch = new Uint8Array(256);

  constructor(tables: VocabularyTables) {
    this.#tables = tables;
  }

  get(token: string): number | undefined {
    if (this.#scratch.length < 3 * token.length) this.#scratch = new Uint8Array(3 * token.length);
    const bytes = this.#scratch;
    const { read, written } = encoder.encodeInto(token, bytes);
    if (read < token.length || written === 0) return undefined;
    const { tokenBytes, tokenEnds, tokenSlots } = this.#tables;
    const mask = tokenSlots.length - 1;
    for (let slot = hashOf(bytes, written) & mask; ; slot = (slot + 1) & mask) {
      const id = tokenSlots[slot]! - 1;
      if (id < 0) return undefined;
      const start = id === 0 ? 0 : tokenEnds[id - 1]!;
      if (tokenEnds[id]! - start !== written) continue;
      let same = 0;
      while (same < written && tokenBytes[start + same] === bytes[same]) same++;
      // A lone surrogate is replaced by a character that may be a token.
      if (same === written) return token.isWellFormed() ? id : undefined;
    }
  }

  has(token: string): boolean {
    return this.get(token) !== undefined;
  }

  /** The token of an id. */
  token(id: number): string | undefined {
    const { tokenBytes, tokenEnds } = this.#tables;
    if (!(id >= 0 && id < tokenEnds.length)) return undefined;
    const start = id === 0 ? 0 : tokenEnds[id - 1]!;
    const end = tokenEnds[id]!;
    return start === end ? undefined : decoder.decode(tokenBytes.subarray(start, end));
  }

  *keys(): IterableIterator<string> {
    for (let id = 0; id < this.#tables.tokenEnds.length; id++) {
      const token = this.token(id);
      if (token !== undefined) yield token;
    }
  }
}

/** FNV-1a. */
function hashOf(bytes: Uint8Array, length: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < length; index++) hash = Math.imul(hash ^ bytes[index]!, 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
