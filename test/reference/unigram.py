"""XLM-RoBERTa's Unigram tokenizer with a small vocabulary, in the file format of multilingual E5."""

import base64
import io
from pathlib import Path

import sentencepiece
from sentencepiece import sentencepiece_model_pb2

from description import write_json

# In XLM-RoBERTa's order. The SentencePiece pieces follow, then <mask>.
SPECIAL_TOKENS = ["<s>", "<pad>", "</s>", "<unk>"]
SENTENCEPIECE_SPECIAL_TOKENS = 3


def write_unigram(texts: list[str], vocab_size: int, folder: Path, model_max_length: int = 512) -> None:
    """Write `tokenizer.json`, `tokenizer_config.json` and `special_tokens_map.json`."""
    trained = train(texts, vocab_size - len(SPECIAL_TOKENS) - 1 + SENTENCEPIECE_SPECIAL_TOKENS)
    pieces = [[piece.piece, piece.score] for piece in trained.pieces[SENTENCEPIECE_SPECIAL_TOKENS:]]
    vocab = [[token, 0.0] for token in SPECIAL_TOKENS] + pieces + [["<mask>", 0.0]]
    ids = {token: index for index, (token, _) in enumerate(vocab)}

    def template(*parts: str) -> list[dict]:
        return [{"Sequence" if part in "AB" else "SpecialToken": {"id": part, "type_id": 0}} for part in parts]

    write_json(
        folder / "tokenizer.json",
        {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [
                {
                    "id": ids[token],
                    "content": token,
                    "single_word": False,
                    "lstrip": token == "<mask>",
                    "rstrip": False,
                    "normalized": False,
                    "special": True,
                }
                for token in [*SPECIAL_TOKENS, "<mask>"]
            ],
            "normalizer": {
                "type": "Precompiled",
                "precompiled_charsmap": base64.b64encode(trained.normalizer_spec.precompiled_charsmap).decode("ascii"),
            },
            "pre_tokenizer": {
                "type": "Sequence",
                "pretokenizers": [
                    {"type": "WhitespaceSplit"},
                    {"type": "Metaspace", "replacement": "▁", "add_prefix_space": True},
                ],
            },
            "post_processor": {
                "type": "TemplateProcessing",
                "single": template("<s>", "A", "</s>"),
                "pair": template("<s>", "A", "</s>", "</s>", "B", "</s>"),
                "special_tokens": {
                    token: {"id": token, "ids": [ids[token]], "tokens": [token]} for token in ("<s>", "</s>")
                },
            },
            "decoder": {"type": "Metaspace", "replacement": "▁", "add_prefix_space": True},
            "model": {"type": "Unigram", "unk_id": ids["<unk>"], "vocab": vocab},
        },
        indent=None,
    )
    names = {
        "bos_token": "<s>",
        "cls_token": "<s>",
        "eos_token": "</s>",
        "mask_token": {
            "content": "<mask>",
            "lstrip": True,
            "normalized": False,
            "rstrip": False,
            "single_word": False,
        },
        "pad_token": "<pad>",
        "sep_token": "</s>",
        "unk_token": "<unk>",
    }
    write_json(
        folder / "tokenizer_config.json",
        {
            **names,
            "mask_token": {"__type": "AddedToken", **names["mask_token"]},
            "model_max_length": model_max_length,
            "tokenizer_class": "XLMRobertaTokenizer",
        },
    )
    write_json(folder / "special_tokens_map.json", names)


def train(texts: list[str], vocab_size: int) -> sentencepiece_model_pb2.ModelProto:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_writer=model,
        model_type="unigram",
        vocab_size=vocab_size,
        character_coverage=0.98,
        normalization_rule_name="nmt_nfkc",
        num_threads=1,
        minloglevel=2,
    )
    return sentencepiece_model_pb2.ModelProto.FromString(model.getvalue())
