import { fileURLToPath } from "node:url";
import { AutoTokenizer } from "@huggingface/transformers";
import { expect, test } from "vitest";
import { makeExact } from "./exact-tokenizer.ts";

const folder = fileURLToPath(new URL("../../../test/fixtures/xlm-roberta-unigram", import.meta.url));
const tokenizer = await AutoTokenizer.from_pretrained(folder, { local_files_only: true });
const untouched = await AutoTokenizer.from_pretrained(folder, { local_files_only: true });
makeExact(tokenizer);

// What `Tokenizer.from_file(…).encode(text).ids` of Python's tokenizers 0.23 gives.
const references = [
  ["next\u0085line", [0, 4, 15, 210, 10, 4, 214, 447, 2]],
  ["a\u0085b \u2028 c\ufeffd", [0, 17, 462, 146, 30, 2]],
  ["ｶﾞ ﬁ 👨\u200d👩\u200d👧", [0, 4, 3, 734, 4, 3, 2]],
  ["a\r\nb \u0007c", [0, 17, 462, 146, 2]],
  ["e\u0301 Ｈ", [0, 4, 34, 185, 2]],
] as const;

test.for(references)("%j has the tokens that it has in Python", ([text, ids]) => {
  expect(tokenizer.encode(text)).toEqual(ids);
});

test("only the tokenizer that was given is mended", () => {
  expect(untouched.encode(references[0][0])).not.toEqual(references[0][1]);
});
