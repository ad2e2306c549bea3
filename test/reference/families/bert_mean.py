"""BERT with mean pooling and normalisation, described like all-MiniLM-L6-v2: without prompts, and with a maximum length
below the tokenizer's."""

from pathlib import Path

import description
from bert import HIDDEN_SIZE, VOCAB_SIZE, small_bert
from word_piece import write_word_piece


def build(folder: Path, texts: list[str]) -> None:
    write_word_piece(texts, VOCAB_SIZE, folder)
    description.save_encoder(folder, small_bert(), seed=10)
    description.write_modules(folder, ["Transformer", "Pooling", "Normalize"])
    description.write_pooling(folder, HIDDEN_SIZE, "mean_tokens", include_prompt=None)
    description.write_prompts(folder, None)
    description.write_max_seq_length(folder, 256)
