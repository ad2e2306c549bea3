"""The texts that every model encodes, and the calls for them.

A text is a string, or {"repeat": string, "times": count} to keep the files of long texts small.
"""

from collections.abc import Callable

Text = str | dict[str, str | int]

PLAIN_TEXTS: dict[str, Text] = {
    "question": "Which planet is known as the Red Planet?",
    "sentence": "Mars, known for its reddish appearance, is often referred to as the Red Planet.",
    "code": "for (let i = 0; i < 10; i += 1) {\n\ttotal += items[i];\n}",
    "mixed": "Die Größe von 火星 ist 6.779 km; см. également «Марс» / المريخ (3,4×10³ km).",
}

NASTY_TEXTS: dict[str, Text] = {
    "empty": "",
    "one letter": "a",
    "one digit": "7",
    "one Han character": "火",
    "one unknown character": "\U0001f9ff",
    "one space": " ",
    "only spaces": "     ",
    "tab": "\t",
    "newlines": "\n\n\n",
    "mixed white space": " \t \r\n \u00a0\u3000\u2028 ",
    "surrounding white space": "  Mars  is   red. \n",
    "CRLF": "first line\r\nsecond line\r\n\r\nthird line",
    "emoji with joiners": "family \U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 flag \U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f \U0001f1e9\U0001f1ea thumbs \U0001f44d\U0001f3fd \u2764\ufe0f\u200d\U0001f525",
    "Chinese": "\u54ea\u9897\u884c\u661f\u88ab\u79f0\u4e3a\u7ea2\u8272\u661f\u7403\uff1f\u706b\u661f\u3002",
    "Japanese": "\u706b\u661f\u306f\u8d64\u3044\u60d1\u661f\u3068\u3057\u3066\u77e5\u3089\u308c\u3066\u3044\u307e\u3059\u3002\uff76\uff9e\uff77\uff9e \u30ac\u30ae \u304b\u3099\u304d\u3099",
    "Korean": "\ud654\uc131\uc740 \ubd89\uc740 \ud589\uc131\uc774\ub2e4. \u1112\u116a\u1109\u1165\u11bc",
    "Arabic": "\u0623\u064a \u0643\u0648\u0643\u0628 \u064a\u0639\u0631\u0641 \u0628\u0627\u0633\u0645 \u0627\u0644\u0643\u0648\u0643\u0628 \u0627\u0644\u0623\u062d\u0645\u0631\u061f \u0627\u0644\u0645\u0650\u0631\u0651\u064a\u062e\u064f \ufefb",
    "Hebrew": "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd \u05e2\u05d5\u05dc\u05dd, \u05d0\u05d9\u05d6\u05d4 \u05db\u05d5\u05db\u05d1 \u05d0\u05d3\u05d5\u05dd?",
    "Devanagari and Thai": "\u0932\u093e\u0932 \u0917\u094d\u0930\u0939 \u0915\u093f\u0938\u0947 \u0915\u0939\u0924\u0947 \u0939\u0948\u0902? \u0e14\u0e32\u0e27\u0e2d\u0e31\u0e07\u0e04\u0e32\u0e23",
    "combining marks": "Cafe\u0301 Caf\u00e9 n\u0303 \u1e9b\u0323 Z\u0351\u036b\u0343a\u0300\u0316\u0301lgo o\u0302\u0323",
    "compatibility characters": "\ufb01nal \u2167 \u00bd \uff28\uff45\uff4c\uff4c\uff4f \u2460 \u212b \u33c2 \u00df \u0130\u0131 \u01c5",
    "invisible characters": "zero\u200bwidth soft\u00adhyphen word\u2060joiner left\u200eright\u200f \u202eoverride\u202c non\u200cjoiner",
    "byte order mark": "\ufeffMars is red.\ufeff",
    "NUL": "before\u0000after \u0000",
    "control characters": "bell\u0007 escape\u001b[31m delete\u007f next\u0085line unit\u001fseparator",
    "private use and unassigned": "\ue000 \U000f0000 \u0378 \ufffe \U0010ffff",
    "replacement character": "broken \ufffd text",
    "lone surrogates": "high \ud83d low \ude00 reversed \ude00\ud83d",
    "special tokens": "a <bos> b <eos> c <pad> <unk> <mask> [CLS] d [SEP] [PAD] [UNK] [MASK] </s> e <s> <|endoftext|> f <|im_end|> <0x41>",
    "byte tokens and runs": "<0x0A>\u2581\u2581 \u2581    four    spaces",
    "punctuation": "...!?\u2014\u2026\u00ab\u00bb\u201c\u201d\u2018\u2019`~@#$%^&*()_+-=[]{}|;':\",./<>?\\",
    "contractions": "I'm you're it's WE'LL they'd don't I'Ve",
    "numbers": "3.14159 1,000,000 0x1F 2026-09-04T12:00:00Z +49 30 1234567 \u0663\u0664 \u0967\u0968",
    "long word": {"repeat": "pneumono", "times": 40},
    "long run of one character": {"repeat": "=", "times": 500},
    "3,000 tokens": {"repeat": "Mars is red, Venus is hot; \u706b\u661f. ", "times": 250},
    "100,000 characters": {"repeat": "The planet Mars, \u0645\u0631\u064a\u062e and \u706b\u661f.\n", "times": 3125},
}

TITLES: dict[str, str] = {
    "plain": "Venus",
    "like a prompt": "title: none | text: \u706b\u661f \U0001f468\u200d\U0001f680",
    "empty": "",
}

BATCHES: list[list[str]] = [
    ["question", "empty", "3,000 tokens", "Arabic", "one letter", "sentence", "only spaces"],
    ["sentence", "sentence", "code"],
]


def for_python(text: Text) -> str:
    """The expanded text, with U+FFFD instead of lone surrogates, which Python cannot tokenize."""
    expanded = text if isinstance(text, str) else text["repeat"] * text["times"]
    return expanded.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def limit_texts(count_tokens: Callable[[str], int], max_tokens: int) -> dict[str, Text]:
    """Texts of exactly the maximum length and of one token more. The tokens that `encode` adds are counted."""
    return {
        "maximum length": text_of_length(count_tokens, max_tokens),
        "one token over": text_of_length(count_tokens, max_tokens + 1),
    }


def text_of_length(count_tokens: Callable[[str], int], length: int) -> Text:
    low, high = 0, 4 * length
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if count_tokens("a " * middle) < length else (low, middle)
    text = {"repeat": "a ", "times": low}
    assert count_tokens(for_python(text)) == length, f"no text of {length} tokens found"
    return text
