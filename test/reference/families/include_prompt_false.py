"""BERT whose mean pooling excludes the prompt, like INSTRUCTOR's. It has many prompts with a default, and does not
normalise its vectors."""

from pathlib import Path

import description
from bert import HIDDEN_SIZE, VOCAB_SIZE, small_bert
from word_piece import write_word_piece

PROMPTS = {
    "query": "search_query: ",
    "document": "search_document: ",
    "classification": "Represent the text for classification: ",
    "clustering": "clustering: ",
}


def build(folder: Path, texts: list[str]) -> None:
    write_word_piece(texts, VOCAB_SIZE, folder)
    description.save_encoder(folder, small_bert(), seed=12)
    description.write_modules(folder, ["Transformer", "Pooling"])
    description.write_pooling(folder, HIDDEN_SIZE, "mean_tokens", include_prompt=False)
    description.write_prompts(folder, PROMPTS, default_prompt_name="classification")
    description.write_max_seq_length(folder, 128)
