"""Qwen's byte-level BPE tokenizer with a small vocabulary, in the file format of Qwen3-Embedding."""

import json
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from description import write_json

PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
END_OF_TEXT = "<|endoftext|>"
SPECIAL_TOKENS = [END_OF_TEXT, "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>"]
ADDED_TOKENS = ["<tool_call>", "</tool_call>", "<think>", "</think>"]
BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}


def write_byte_level(texts: list[str], vocab_size: int, folder: Path, model_max_length: int) -> None:
    """Write `tokenizer.json` and `tokenizer_config.json`. `vocab_size` counts the special tokens, which come last."""
    model = train(texts, vocab_size - len(SPECIAL_TOKENS) - len(ADDED_TOKENS))
    first = len(model["vocab"])
    added = {
        first + index: {
            "content": token,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": token in SPECIAL_TOKENS,
        }
        for index, token in enumerate(SPECIAL_TOKENS + ADDED_TOKENS)
    }
    end = {"SpecialToken": {"id": END_OF_TEXT, "type_id": 0}}
    first_text, second_text = ({"Sequence": {"id": name, "type_id": 0}} for name in "AB")
    write_json(
        folder / "tokenizer.json",
        {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [{"id": index, **token} for index, token in added.items()],
            "normalizer": {"type": "NFC"},
            "pre_tokenizer": {
                "type": "Sequence",
                "pretokenizers": [
                    {"type": "Split", "pattern": {"Regex": PATTERN}, "behavior": "Isolated", "invert": False},
                    BYTE_LEVEL,
                ],
            },
            "post_processor": {
                "type": "Sequence",
                "processors": [
                    BYTE_LEVEL,
                    {
                        "type": "TemplateProcessing",
                        "single": [first_text, end],
                        "pair": [first_text, end, second_text, end],
                        "special_tokens": {END_OF_TEXT: {"id": END_OF_TEXT, "ids": [first], "tokens": [END_OF_TEXT]}},
                    },
                ],
            },
            "decoder": BYTE_LEVEL,
            "model": {
                "type": "BPE",
                "dropout": None,
                "unk_token": None,
                "continuing_subword_prefix": "",
                "end_of_word_suffix": "",
                "fuse_unk": False,
                "byte_fallback": False,
                "ignore_merges": False,
                **model,
            },
        },
        indent=None,
    )
    write_json(
        folder / "tokenizer_config.json",
        {
            "add_bos_token": False,
            "add_prefix_space": False,
            "added_tokens_decoder": {str(index): token for index, token in added.items()},
            "additional_special_tokens": SPECIAL_TOKENS[1:],
            "bos_token": None,
            "clean_up_tokenization_spaces": False,
            "eos_token": "<|im_end|>",
            "errors": "replace",
            "model_max_length": model_max_length,
            "pad_token": END_OF_TEXT,
            "padding_side": "left",
            "split_special_tokens": False,
            "tokenizer_class": "Qwen2Tokenizer",
            "unk_token": None,
        },
    )


def train(texts: list[str], size: int) -> dict:
    """The vocabulary and merges of a byte-level BPE."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return {"vocab": model["vocab"], "merges": model["merges"]}
