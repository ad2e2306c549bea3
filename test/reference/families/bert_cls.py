"""BERT with CLS pooling and normalisation, described like BGE and Snowflake Arctic, with only a query prompt."""

from pathlib import Path

import description
from bert import HIDDEN_SIZE, VOCAB_SIZE, small_bert
from word_piece import write_word_piece


def build(folder: Path, texts: list[str]) -> None:
    write_word_piece(texts, VOCAB_SIZE, folder)
    description.save_encoder(folder, small_bert(), seed=11)
    description.write_modules(folder, ["Transformer", "Pooling", "Normalize"])
    description.write_pooling(folder, HIDDEN_SIZE, "cls_token")
    description.write_prompts(folder, {"query": "Represent this sentence for searching relevant passages: "})
    description.write_max_seq_length(folder, 512)
