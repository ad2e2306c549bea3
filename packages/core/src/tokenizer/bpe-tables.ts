import { Pacer } from "@embeddinggemma/internal";
import { buildVocabulary, slotsFor, type VocabularyTables } from "./vocabulary.ts";

/** What byte-pair encoding needs of a model, in arrays that take no room on the heap. */
export interface BpeTables extends VocabularyTables {
  /** For each merge, the most important first: the ids of its left, right and new token. */
  readonly merges: Uint32Array;
  /** A hash table with linear probing: rank of a merge + 1, or 0. Its size is a power of two. */
  readonly mergeSlots: Uint32Array;
  /**
   * A bit for each pair of characters that a merge may join, by {@link pairBit}. Other pairs may
   * have the same bit.
   */
  readonly joinedPairs: Uint8Array;
}

/** A model in `tokenizer.json`. */
export interface BpeConfig {
  readonly type?: string;
  readonly vocab?: Readonly<Record<string, number>>;
  readonly merges?: readonly (string | readonly [string, string])[];
  readonly unk_token?: string | null;
  readonly fuse_unk?: boolean | null;
  readonly byte_fallback?: boolean | null;
  readonly ignore_merges?: boolean | null;
  readonly continuing_subword_prefix?: string | null;
  readonly end_of_word_suffix?: string | null;
}

/** More merges could not be ordered by one number; see `bpe.ts`. */
const maxMerges = 2 ** 22;

/** @returns null for another model, or one with settings or tokens that are not supported here */
export async function buildBpeTables(config: BpeConfig): Promise<BpeTables | null> {
  const { type, vocab, merges, unk_token, continuing_subword_prefix, end_of_word_suffix } = config;
  const isPlain = type === "BPE" && !continuing_subword_prefix && !end_of_word_suffix;
  if (!isPlain || !vocab || !merges || merges.length > maxMerges) return null;
  if (unk_token && !Object.hasOwn(vocab, unk_token)) return null;
  const ids = new Map<string, number>();
  const pacer = new Pacer();
  for (const token of Object.keys(vocab)) {
    ids.set(token, vocab[token]!);
    if (pacer.due) await pacer.pause();
  }
  const vocabulary = buildVocabulary(ids);
  const mergeTable = vocabulary && (await buildMerges(ids, merges, pacer));
  return mergeTable && { ...vocabulary, ...mergeTable };
}

async function buildMerges(
  ids: ReadonlyMap<string, number>,
  list: NonNullable<BpeConfig["merges"]>,
  pacer: Pacer,
): Promise<Omit<BpeTables, keyof VocabularyTables> | null> {
  const merges = new Uint32Array(3 * list.length);
  const mergeSlots = new Uint32Array(slotsFor(list.length));
  const joinedPairs = new Uint8Array(Math.max(1, mergeSlots.length / 2));
  const mask = mergeSlots.length - 1;
  for (let rank = 0; rank < list.length; rank++) {
    const merge = list[rank]!;
    const parts = typeof merge === "string" ? merge.split(" ") : merge;
    const left = parts[0] ?? "";
    const right = parts[1] ?? "";
    const leftId = ids.get(left);
    const rightId = ids.get(right);
    const newId = ids.get(left + right);
    if (parts.length !== 2 || leftId === undefined || rightId === undefined || newId === undefined)
      return null;
    merges[3 * rank] = leftId;
    merges[3 * rank + 1] = rightId;
    merges[3 * rank + 2] = newId;
    let slot = hashOfPair(leftId, rightId) & mask;
    // Of two merges of the same pair, the last counts.
    while (mergeSlots[slot] !== 0 && !isPair(merges, mergeSlots[slot]! - 1, leftId, rightId))
      slot = (slot + 1) & mask;
    mergeSlots[slot] = rank + 1;
    const bit = pairBit(joinedPairs, lastCharacter(left), right.codePointAt(0)!);
    joinedPairs[bit >>> 3]! |= 1 << (bit & 7);
    if (pacer.due) await pacer.pause();
  }
  return { merges, mergeSlots, joinedPairs };
}

/** Rank of the merge of two tokens; -1 if there is none. */
export function rankOf({ merges, mergeSlots }: BpeTables, left: number, right: number): number {
  const mask = mergeSlots.length - 1;
  for (let slot = hashOfPair(left, right) & mask; ; slot = (slot + 1) & mask) {
    const rank = mergeSlots[slot]! - 1;
    if (rank < 0 || isPair(merges, rank, left, right)) return rank;
  }
}

/** Whether a merge may join a token that ends with `left` to one that starts with `right`. */
export function mayBeJoined({ joinedPairs }: BpeTables, left: string, right: string): boolean {
  const bit = pairBit(joinedPairs, left.codePointAt(0)!, right.codePointAt(0)!);
  return (joinedPairs[bit >>> 3]! & (1 << (bit & 7))) !== 0;
}

function isPair(merges: Uint32Array, rank: number, left: number, right: number): boolean {
  return merges[3 * rank] === left && merges[3 * rank + 1] === right;
}

function hashOfPair(left: number, right: number): number {
  const hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right + 0x7f4a7c15, 0x85ebca77);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function pairBit(joinedPairs: Uint8Array, left: number, right: number): number {
  return hashOfPair(left, right) & (8 * joinedPairs.length - 1);
}

function lastCharacter(text: string): number {
  const last = text.codePointAt(text.length - 1)!;
  const isLowSurrogate = (last & 0xfc00) === 0xdc00 && text.length > 1;
  return isLowSurrogate ? text.codePointAt(text.length - 2)! : last;
}
