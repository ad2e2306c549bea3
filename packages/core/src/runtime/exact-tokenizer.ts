import { type Normalize, precompiledNormalizer } from "./precompiled-charsmap.ts";

/**
 * Makes a tokenizer of Transformers.js 3 or 4 give the same tokens as Python, by changing what
 * differs from Hugging Face's `tokenizers`:
 *
 * - Transformers.js only approximates the character map of SentencePiece.
 * - JavaScript lowercases a Greek sigma at the end of a word in its own way.
 * - JavaScript has another definition of white space.
 *
 * @param options.lowerCase - lowercase texts first, except for special tokens, as Sentence
 * Transformers does for `do_lower_case`
 */
export function makeExact(tokenizer: object, { lowerCase = false } = {}): void {
  const pipeline = pipelineOf(tokenizer);
  if (pipeline.normalizer) fixNormalizer(pipeline.normalizer);
  if (pipeline.pre_tokenizer) splitAtAllWhitespace(pipeline.pre_tokenizer);
  if (!lowerCase) return;
  const { normalizer } = pipeline;
  pipeline.normalizer = (text) => {
    const lower = toLowerCase(text);
    return normalizer ? normalizer(lower) : lower;
  };
}

/** The parts of a tokenizer that are used here. */
interface Pipeline {
  normalizer?: Normalizer | null;
  pre_tokenizer?: PreTokenizer | null;
}

/** A callable object, which calls its method `normalize`. */
interface Normalizer {
  (text: string): string;
  charsmap?: string | null;
  normalizers?: Normalizer[];
  normalize?: Normalize;
}

interface PreTokenizer {
  tokenizers?: PreTokenizer[];
  pre_tokenize_text?: (text: string, options?: object) => string[];
}

/** Transformers.js 4 keeps the parts of a tokenizer in a separate object. */
function pipelineOf(tokenizer: Pipeline & { _tokenizer?: Pipeline }): Pipeline {
  return tokenizer._tokenizer ?? tokenizer;
}

function fixNormalizer(normalizer: Normalizer): void {
  normalizer.normalizers?.forEach(fixNormalizer);
  if (normalizer.charsmap) normalizer.normalize = precompiledNormalizer(normalizer.charsmap);
  else if (!normalizer.normalizers && normalizer("ΑΣ").endsWith("ς")) {
    const normalize = normalizer.normalize!.bind(normalizer);
    normalizer.normalize = (text) => normalize(text.replaceAll("Σ", "σ"));
  }
}

/**
 * Lowercases each character by itself, as Rust's `char::to_lowercase`. At the end of a word, `Σ`
 * becomes `σ`, but `String.toLowerCase` would give `ς`.
 */
function toLowerCase(text: string): string {
  return text.replaceAll("Σ", "σ").toLowerCase();
}

function splitAtAllWhitespace(preTokenizer: PreTokenizer): void {
  if (isWhitespaceSplit(preTokenizer))
    preTokenizer.pre_tokenize_text = (text) => text.match(notWhitespace) ?? [];
  preTokenizer.tokenizers?.forEach(splitAtAllWhitespace);
}

/** Checks the behavior and not the class name, which is lost in minified code. */
function isWhitespaceSplit(preTokenizer: PreTokenizer): boolean {
  if (preTokenizer.tokenizers) return false;
  return preTokenizer.pre_tokenize_text?.("a, b\tc.", {}).join("|") === "a,|b|c.";
}

/**
 * White space is Unicode's property `White_Space`, as in Rust. JavaScript's `\s` lacks U+0085 and
 * includes U+FEFF.
 */
const notWhitespace = /\P{White_Space}+/gu;
