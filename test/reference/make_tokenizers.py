"""Write the tokens of small tokenizers, one for each normalizer and pre-tokenizer of Hugging Face's `tokenizers`, to
`../golden/tokenizers.json`.

    python make_tokenizers.py
"""

import json
from pathlib import Path

from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import WordLevel

GOLDEN = Path(__file__).parent.parent / "golden"

TEXTS = [
    "die Größe is red, naïve café! Don't_stop... 12,345 % of $3.50",
    "  leading and trailing  \n\n two\tlines \r\n end ",
    "火星は赤い惑星です。行星𠀀𪜶火 ｶﾞｷﾞ Ⅷ ½ ²³ ١٢٣ ９",
    "ΟΔΟΣ ΑΣ Straße İstanbul ǅ ﬁn",
    "next\u0085line a\u2028b c\ufeffd e\u00a0f g\u3000h zero\u200bwidth z\u200cw",
    "👨\u200d👩\u200d👧 ❤\ufe0f 🇩🇪 e\u0301 q\u0323\u0307 \u0915\u094d\u0937 न\u0902",
    "snake_case camelCase 'quoted' “curly” — dash⸺ ⹃ …?! a.b.c $1 a$&b",
    "control\u0007 nul\u0000 soft\u00adhyphen private\ue000 \ufffd",
    "▁a ▁▁b c▁d",
    "I'LL we've 'tis it's1 3rd x1y2  z",
    "",
    " ",
]

GPT4 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

PRE_TOKENIZERS = {
    "Whitespace": pre_tokenizers.Whitespace(),
    "WhitespaceSplit": pre_tokenizers.WhitespaceSplit(),
    "BertPreTokenizer": pre_tokenizers.BertPreTokenizer(),
    "ByteLevel": pre_tokenizers.ByteLevel(add_prefix_space=False),
    "ByteLevel with a prefix space": pre_tokenizers.ByteLevel(add_prefix_space=True),
    "Digits": pre_tokenizers.Digits(),
    "Digits, one by one": pre_tokenizers.Digits(individual_digits=True),
    "Metaspace": pre_tokenizers.Metaspace(),
    "Metaspace without a split": pre_tokenizers.Metaspace(prepend_scheme="never", split=False),
    "Metaspace after WhitespaceSplit": pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    ),
    "FixedLength": pre_tokenizers.FixedLength(length=3),
    **{
        f"Punctuation, {behavior}": pre_tokenizers.Punctuation(behavior=behavior)
        for behavior in ("isolated", "removed", "contiguous", "merged_with_previous", "merged_with_next")
    },
    **{
        f"Split at spaces, {behavior}{', inverted' if invert else ''}": pre_tokenizers.Split(
            " ", behavior, invert=invert
        )
        for behavior in ("isolated", "removed", "contiguous", "merged_with_previous", "merged_with_next")
        for invert in (False, True)
    },
    **{
        f"Split at {pattern}": pre_tokenizers.Split(Regex(pattern), "isolated")
        for pattern in (r"\w+", r"\W+", r"\d", r"\D+", r"\s+", r"\S+", r"\b", r"[^\s\w]+", r".", r"^ ?\w", GPT4)
    },
    "GPT-4's pattern, then bytes": pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(GPT4), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    ),
    "digits, punctuation and spaces": pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.Punctuation(), pre_tokenizers.Metaspace()]
    ),
}

NORMALIZERS = {
    "BertNormalizer": normalizers.BertNormalizer(),
    "BertNormalizer, cased": normalizers.BertNormalizer(lowercase=False),
    "BertNormalizer, cased, without accents": normalizers.BertNormalizer(lowercase=False, strip_accents=True),
    "BertNormalizer, unclean": normalizers.BertNormalizer(clean_text=False, handle_chinese_chars=False),
    "Lowercase": normalizers.Lowercase(),
    "Strip": normalizers.Strip(),
    "Strip on the right": normalizers.Strip(left=False),
    "NFD and StripAccents": normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents()]),
    "NFC": normalizers.NFC(),
    "NFKC": normalizers.NFKC(),
    "NFKD": normalizers.NFKD(),
    "Prepend": normalizers.Prepend("▁"),
    "Replace spaces": normalizers.Replace(" ", "▁"),
    "Replace by a dollar sign": normalizers.Replace("a", "$&$1"),
    "Replace white space": normalizers.Replace(Regex(r"\s{2,}|\n"), " "),
    "Replace digits": normalizers.Replace(Regex(r"\d"), "#"),
}


def main() -> None:
    cases = [case(name, None, pre_tokenizer) for name, pre_tokenizer in PRE_TOKENIZERS.items()]
    cases += [case(name, normalizer, None) for name, normalizer in NORMALIZERS.items()]
    golden = {"texts": TEXTS, "cases": cases}
    (GOLDEN / "tokenizers.json").write_text(json.dumps(golden, ensure_ascii=True) + "\n", encoding="utf-8")


def case(name: str, normalizer, pre_tokenizer) -> dict:
    """The vocabulary has every word of the texts, so that the tokens show the words."""
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    if normalizer:
        tokenizer.normalizer = normalizer
    if pre_tokenizer:
        tokenizer.pre_tokenizer = pre_tokenizer
    words = {word for text in TEXTS for word in words_of(tokenizer, text)} - {"[UNK]"}
    vocab = {"[UNK]": 0} | {word: index + 1 for index, word in enumerate(sorted(words))}
    tokenizer.model = WordLevel(vocab, unk_token="[UNK]")
    return {
        "name": name,
        "tokenizer": json.loads(tokenizer.to_str()),
        "ids": [tokenizer.encode(text).ids for text in TEXTS],
    }


def words_of(tokenizer: Tokenizer, text: str) -> list[str]:
    normalized = tokenizer.normalizer.normalize_str(text) if tokenizer.normalizer else text
    if not tokenizer.pre_tokenizer:
        return [normalized] if normalized else []
    return [word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normalized)]


if __name__ == "__main__":
    main()
