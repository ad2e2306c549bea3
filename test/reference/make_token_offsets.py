"""Writes golden/token-offsets.json: ids and offsets of Hugging Face's `tokenizers`.

Offsets are converted from characters to UTF-16 code units, without special tokens around the text.
"""

import json
from pathlib import Path

from tokenizers import Tokenizer

root = Path(__file__).resolve().parent.parent
families = [
    "bert-cls",
    "bert-mean",
    "embeddinggemma",
    "embeddinggemma-2",
    "qwen3-last-token",
    "xlm-roberta-unigram",
]
texts = [
    "",
    "Hello world, it's 3.14!",
    "  two  spaces \n\n new lines\r\n\ttab ",
    "Größe ÉTÉ naïve e\u0301te\u0301 a\u0316\u0301",
    "火星 是红色的 行星。カタカナ ｶﾞｷﾞ",
    "👨\u200d👩\u200d👧 ❤\ufe0f 🇩🇪 a👍b",
    "[MASK] <mask> <eos>x <bos> <|endoftext|> [UNK]",
    "\ufeffx\u00a0y\u200bz\u0085 \u0007",
    "ﬁnal Ⅷ ½ Ｈｅｌｌｏ ΟΔΟΣ İstanbul",
    "한국어 \u1112\u1161\u11ab",
    "𝒳𝒴 mathematics 𠮷野家",
    "supercalifragilistic_and_more",
]


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


cases = []
for family in families:
    tokenizer = Tokenizer.from_file(str(root / "fixtures" / family / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    for text in texts:
        encoding = tokenizer.encode(text, add_special_tokens=False)
        offsets = [[utf16(text[:start]), utf16(text[:end])] for start, end in encoding.offsets]
        cases.append({"family": family, "text": text, "ids": encoding.ids, "offsets": offsets})

path = root / "golden" / "token-offsets.json"
path.write_text(json.dumps({"cases": cases}, separators=(",", ":")) + "\n")
