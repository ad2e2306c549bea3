"""XLM-RoBERTa with a Unigram tokenizer, mean pooling and normalisation, with the prompts of multilingual E5."""

from pathlib import Path

from transformers import XLMRobertaConfig, XLMRobertaModel

import description
from unigram import write_unigram

VOCAB_SIZE = 780
HIDDEN_SIZE = 48
MAX_LENGTH = 512


def build(folder: Path, texts: list[str]) -> None:
    write_unigram(texts, VOCAB_SIZE, folder)
    config = XLMRobertaConfig(
        vocab_size=VOCAB_SIZE,
        hidden_size=HIDDEN_SIZE,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=96,
        # Positions start after the padding index.
        max_position_embeddings=MAX_LENGTH + 2,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
    )
    description.save_encoder(folder, XLMRobertaModel(config), seed=30)
    description.write_modules(folder, ["Transformer", "Pooling", "Normalize"])
    description.write_pooling(folder, HIDDEN_SIZE, "mean_tokens")
    description.write_prompts(folder, {"query": "query: ", "passage": "passage: "})
    description.write_max_seq_length(folder, MAX_LENGTH)
