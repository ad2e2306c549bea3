import { type Normalize, precompiledNormalizer } from "./precompiled-charsmap.ts";

/**
 * Fixes, in one tokenizer of Transformers.js 3 or 4, what differs from Hugging Face's `tokenizers`:
 * normalizers that only stand in for the character map of SentencePiece, the Greek sigma at the end
 * of a word, and a white space that JavaScript does not know as such. Without it some texts get
 * other tokens than they have in Python.
 *
 * @param options.lowerCase - lowercase texts first, special tokens left alone, as Sentence
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

/**
 * The parts of a tokenizer that matter here; Transformers.js 4 keeps them in an object of its own.
 */
interface Pipeline {
  normalizer?: Normalizer | null;
  pre_tokenizer?: PreTokenizer | null;
}

/** Callable; what it does lies in `normalize`. */
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
 * Character by character, as Rust's `char::to_lowercase`: a sigma at the end of a word becomes `σ`,
 * where `String.toLowerCase` has `ς`.
 */
function toLowerCase(text: string): string {
  return text.replaceAll("Σ", "σ").toLowerCase();
}

function splitAtAllWhitespace(preTokenizer: PreTokenizer): void {
  if (isWhitespaceSplit(preTokenizer))
    preTokenizer.pre_tokenize_text = (text) => text.match(notWhitespace) ?? [];
  preTokenizer.tokenizers?.forEach(splitAtAllWhitespace);
}

/** Known by what it does, since names are lost where the code is minified. */
function isWhitespaceSplit(preTokenizer: PreTokenizer): boolean {
  if (preTokenizer.tokenizers) return false;
  return preTokenizer.pre_tokenize_text?.("a, b\tc.", {}).join("|") === "a,|b|c.";
}

/**
 * White space is Unicode's property `White_Space`, as in Rust; JavaScript's `\s` lacks U+0085 and
 * has U+FEFF.
 */
const notWhitespace = /\P{White_Space}+/gu;
