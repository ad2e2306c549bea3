"""BERT's WordPiece tokenizer with a small vocabulary, in the file format of the published models."""

from collections import Counter
from pathlib import Path

from tokenizers import normalizers, pre_tokenizers

from description import write_json

SPECIAL_TOKENS = {"[PAD]": 0, "[UNK]": 100, "[CLS]": 101, "[SEP]": 102, "[MASK]": 103}
FIRST_PIECE = 104
ALPHABET_SIZE = 250


def write_word_piece(texts: list[str], vocab_size: int, folder: Path, model_max_length: int = 512) -> None:
    """Write `tokenizer.json`, `tokenizer_config.json` and `special_tokens_map.json`. As in BERT, the vocabulary starts
    with [PAD], 99 unused entries, [UNK], [CLS], [SEP] and [MASK]."""
    normalizer = {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": True,
        "strip_accents": None,
        "lowercase": True,
    }
    vocab = {f"[unused{index}]": index for index in range(FIRST_PIECE)}
    by_id = {index: token for token, index in SPECIAL_TOKENS.items()}
    vocab = {by_id.get(index, token): index for token, index in vocab.items()}
    for piece in choose_pieces(texts, vocab_size - FIRST_PIECE):
        vocab[piece] = len(vocab)

    def template(*parts: tuple[str, int]) -> list[dict]:
        return [
            {"Sequence" if part in "AB" else "SpecialToken": {"id": part, "type_id": type_id}}
            for part, type_id in parts
        ]

    write_json(
        folder / "tokenizer.json",
        {
            "version": "1.0",
            # Published repositories have such settings from training. A caller's own settings replace them.
            "truncation": {"max_length": 128, "strategy": "LongestFirst", "stride": 0},
            "padding": {
                "strategy": {"Fixed": 128},
                "direction": "Right",
                "pad_to_multiple_of": None,
                "pad_id": 0,
                "pad_type_id": 0,
                "pad_token": "[PAD]",
            },
            "added_tokens": [
                {
                    "id": index,
                    "content": token,
                    "single_word": False,
                    "lstrip": False,
                    "rstrip": False,
                    "normalized": False,
                    "special": True,
                }
                for token, index in SPECIAL_TOKENS.items()
            ],
            "normalizer": normalizer,
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "post_processor": {
                "type": "TemplateProcessing",
                "single": template(("[CLS]", 0), ("A", 0), ("[SEP]", 0)),
                "pair": template(("[CLS]", 0), ("A", 0), ("[SEP]", 0), ("B", 1), ("[SEP]", 1)),
                "special_tokens": {
                    token: {"id": token, "ids": [SPECIAL_TOKENS[token]], "tokens": [token]}
                    for token in ("[CLS]", "[SEP]")
                },
            },
            "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
            "model": {
                "type": "WordPiece",
                "unk_token": "[UNK]",
                "continuing_subword_prefix": "##",
                "max_input_chars_per_word": 100,
                "vocab": vocab,
            },
        },
        indent=None,
    )
    names = {
        "unk_token": "[UNK]",
        "sep_token": "[SEP]",
        "pad_token": "[PAD]",
        "cls_token": "[CLS]",
        "mask_token": "[MASK]",
    }
    write_json(
        folder / "tokenizer_config.json",
        {
            **names,
            "clean_up_tokenization_spaces": True,
            "do_basic_tokenize": True,
            "do_lower_case": True,
            "model_max_length": model_max_length,
            "never_split": None,
            "strip_accents": None,
            "tokenize_chinese_chars": True,
            "tokenizer_class": "BertTokenizer",
        },
    )
    write_json(folder / "special_tokens_map.json", names)


def choose_pieces(texts: list[str], size: int) -> list[str]:
    """All frequent characters, alone and as part of a word, then the most frequent words and word endings. (The trainer
    of the tokenizers library makes a different vocabulary in each run.)"""
    normalizer = normalizers.BertNormalizer(lowercase=True)
    pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    words = Counter(
        word for text in texts for word, _ in pre_tokenizer.pre_tokenize_str(normalizer.normalize_str(text))
    )
    characters, pieces = Counter(), Counter()
    for word, count in words.items():
        characters.update(dict.fromkeys(word, count))
        pieces[word] += count
        pieces.update({f"##{word[start:]}": count for start in range(1, len(word))})
    alphabet = [character for character, _ in by_frequency(characters)[:ALPHABET_SIZE]]
    chosen = [*alphabet, *(f"##{character}" for character in alphabet)]
    known = set(chosen)
    longer = [piece for piece, _ in by_frequency(pieces) if piece not in known]
    return chosen + longer[: size - len(chosen)]


def by_frequency(counts: Counter) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
