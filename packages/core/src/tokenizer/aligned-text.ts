/** A text that was made of another, and where each of its UTF-16 units comes from. */
export interface AlignedText {
  readonly text: string;
  /** Where the part of the original starts that a unit was made of, in UTF-16 units. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** A text that is its own original. Both units of a surrogate pair are the whole character. */
export function alignedText(text: string): AlignedText {
  const aligned = new Builder();
  let index = 0;
  for (const character of text) {
    const end = index + character.length;
    aligned.add(character, index, end);
    index = end;
  }
  return aligned;
}

export function sliceAligned(aligned: AlignedText, start: number, end: number): AlignedText {
  return {
    text: aligned.text.slice(start, end),
    starts: aligned.starts.slice(start, end),
    ends: aligned.ends.slice(start, end),
  };
}

/** The part of the original that a range of the text was made of. */
export function originOf(
  { starts, ends }: AlignedText,
  start: number,
  end: number,
): { start: number; end: number } {
  if (starts.length === 0) return { start: 0, end: 0 };
  const first = Math.min(start, starts.length - 1);
  const last = Math.max(first, Math.min(end, ends.length) - 1);
  return { start: starts[first]!, end: ends[last]! };
}

/**
 * Applies a function that changes characters or graphemes, each by itself. The results of one
 * grapheme belong to its characters in order, as in `NormalizedString::transform` of `tokenizers`.
 * If the function looks further, the results of the whole text do.
 *
 * @param composes - whether the first result takes the characters that are fewer, as in NFC
 */
export function mapAligned(
  aligned: AlignedText,
  map: (text: string) => string,
  composes = false,
): AlignedText {
  const { text } = aligned;
  const whole = map(text);
  if (whole === text) return aligned;
  const characters = Array.from(text);
  const graphemes = () => Array.from(segmenter.segment(text), ({ segment }) => segment);
  for (const segments of [characters, graphemes()]) {
    const cache = new Map<string, string>();
    const results = segments.map((segment) => {
      let result = cache.get(segment);
      if (result === undefined) {
        result = map(segment);
        cache.set(segment, result);
      }
      return result;
    });
    if (results.join("") === whole) return pair(aligned, segments, results, composes);
  }
  return pair(aligned, [text], [whole], composes);
}

function pair(
  { starts, ends }: AlignedText,
  segments: readonly string[],
  results: readonly string[],
  composes: boolean,
): AlignedText {
  const aligned = new Builder();
  let index = 0;
  segments.forEach((segment, number) => {
    const places: number[] = [];
    let place = index;
    for (const character of segment) {
      places.push(place);
      place += character.length;
    }
    const characters = Array.from(results[number]!);
    const skipped = composes ? Math.max(0, places.length - characters.length) : 0;
    characters.forEach((character, position) => {
      const taken = position === 0 ? 0 : position + skipped;
      const from = places[Math.min(taken, places.length - 1)]!;
      aligned.add(character, starts[from]!, ends[from]!);
    });
    index += segment.length;
  });
  return aligned;
}

/** Replaces what a pattern finds. The replacement belongs to the last character of a match. */
export function replaceAligned(
  aligned: AlignedText,
  pattern: RegExp,
  content: string,
): AlignedText {
  const { text, starts, ends } = aligned;
  const result = new Builder();
  const keep = (from: number, to: number) => {
    for (let unit = from; unit < to; unit++) result.add(text[unit]!, starts[unit]!, ends[unit]!);
  };
  let end = 0;
  for (const { 0: match, index } of text.matchAll(pattern)) {
    keep(end, index);
    end = index + match.length;
    const last = Math.max(0, end - 1);
    result.add(content, starts[last] ?? 0, ends[last] ?? 0);
  }
  keep(end, text.length);
  return result;
}

/** Puts a text before another. It belongs to the first character of that. */
export function prependAligned(prefix: string, aligned: AlignedText): AlignedText {
  if (aligned.text === "") return aligned;
  const places = Array.from({ length: prefix.length });
  return {
    text: prefix + aligned.text,
    starts: [...places.map(() => aligned.starts[0]!), ...aligned.starts],
    ends: [...places.map(() => aligned.ends[0]!), ...aligned.ends],
  };
}

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

class Builder implements AlignedText {
  text = "";
  readonly starts: number[] = [];
  readonly ends: number[] = [];

  add(text: string, start: number, end: number): void {
    this.text += text;
    for (let unit = 0; unit < text.length; unit++) {
      this.starts.push(start);
      this.ends.push(end);
    }
  }
}
