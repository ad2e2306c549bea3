import { type Normalize, precompiledNormalizer } from "./precompiled-charsmap.ts";

/**
 * Mends, in one tokenizer of Transformers.js 3 or 4, what differs from Hugging Face's `tokenizers`: normalizers that only stand in for
 * the character map of SentencePiece, and a white space that JavaScript does not know as such. Without it some texts get other
 * tokens than they have in Python.
 */
export function makeExact(tokenizer: object): void {
  const { normalizer, pre_tokenizer } = pipelineOf(tokenizer);
  if (normalizer) applyCharsmap(normalizer);
  if (pre_tokenizer) splitAtAllWhitespace(pre_tokenizer);
}

/** The parts of a tokenizer that matter here; Transformers.js 4 keeps them in an object of its own. */
interface Pipeline {
  normalizer?: Normalizer | null;
  pre_tokenizer?: PreTokenizer | null;
}

interface Normalizer {
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

function applyCharsmap(normalizer: Normalizer): void {
  if (normalizer.charsmap) normalizer.normalize = precompiledNormalizer(normalizer.charsmap);
  normalizer.normalizers?.forEach(applyCharsmap);
}

function splitAtAllWhitespace(preTokenizer: PreTokenizer): void {
  if (isWhitespaceSplit(preTokenizer)) preTokenizer.pre_tokenize_text = (text) => text.match(notWhitespace) ?? [];
  preTokenizer.tokenizers?.forEach(splitAtAllWhitespace);
}

/** Known by what it does, since names are lost where the code is minified. */
function isWhitespaceSplit(preTokenizer: PreTokenizer): boolean {
  if (preTokenizer.tokenizers) return false;
  return preTokenizer.pre_tokenize_text?.("a, b\tc.", {}).join("|") === "a,|b|c.";
}

/** White space is Unicode's property `White_Space`, as in Rust; JavaScript's `\s` lacks U+0085 and has U+FEFF. */
const notWhitespace = /\P{White_Space}+/gu;
