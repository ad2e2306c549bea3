/** The parts of Transformers.js's Unigram model that are used here. */
export interface UnigramModel {
  /** Score by token id, of all tokens except added ones. */
  readonly scores: readonly number[];
  readonly unk_token_id: number | undefined;
  readonly tokens_to_ids: Pick<ReadonlyMap<string, number>, "get" | "keys">;
}

/**
 * Tokenizes a word in linear time, as `encode_optimized` of Hugging Face's `tokenizers`. That of
 * Transformers.js takes quadratic time, which is minutes for a text without spaces, as in Chinese.
 *
 * @returns the pieces of a word; unknown characters beside each other are one piece
 */
export function unigramEncoder(model: UnigramModel): (word: string) => string[] {
  const { scores, unk_token_id, tokens_to_ids } = model;
  const unknownScore = scores[unk_token_id!]!;
  let longestPiece = 1;
  for (const token of tokens_to_ids.keys())
    if (token.length > longestPiece) longestPiece = token.length;

  return (word) => {
    // For each end of a piece: the best score of all before, where its piece starts, and whether
    // that is unknown.
    const bestScore = new Float64Array(word.length + 1).fill(Number.NEGATIVE_INFINITY);
    const startOfPiece = new Int32Array(word.length + 1).fill(-1);
    const isUnknown = new Uint8Array(word.length + 1);
    bestScore[0] = 0;
    const offer = (start: number, end: number, score: number, unknown: boolean) => {
      const total = bestScore[start]! + score;
      if (startOfPiece[end] !== -1 && total <= bestScore[end]!) return;
      bestScore[end] = total;
      startOfPiece[end] = start;
      isUnknown[end] = Number(unknown);
    };
    for (let start = 0; start < word.length; ) {
      const next = start + (word.codePointAt(start)! > 0xffff ? 2 : 1);
      let isKnown = false;
      const lastEnd = Math.min(word.length, start + longestPiece);
      for (let end = next; end <= lastEnd; end++) {
        const id = tokens_to_ids.get(word.slice(start, end));
        const score = id === undefined ? undefined : scores[id];
        if (score === undefined) continue;
        offer(start, end, score, id === unk_token_id);
        if (end === next) isKnown = true;
      }
      if (!isKnown) offer(start, next, unknownScore, true);
      start = next;
    }
    const pieces: string[] = [];
    for (let end = word.length; end > 0; ) {
      let start = startOfPiece[end]!;
      if (isUnknown[end]) while (start > 0 && isUnknown[start]) start = startOfPiece[start]!;
      pieces.push(word.slice(start, end));
      end = start;
    }
    return pieces.reverse();
  };
}
