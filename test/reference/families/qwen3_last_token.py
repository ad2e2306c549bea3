"""Qwen3 with last-token pooling, described like Qwen3-Embedding: left padding, an end-of-text token that the tokenizer
adds, a query prompt in its own format, and no sentence_bert_config.json, so the maximum length comes from the model."""

from pathlib import Path

from transformers import Qwen3Config, Qwen3Model

import description
from byte_level import write_byte_level

VOCAB_SIZE = 1200
HIDDEN_SIZE = 48
MAX_LENGTH = 512

# https://huggingface.co/Qwen/Qwen3-Embedding-0.6B, config_sentence_transformers.json
PROMPTS = {
    "query": "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:",
    "document": "",
}


def build(folder: Path, texts: list[str]) -> None:
    write_byte_level(texts, VOCAB_SIZE, folder, model_max_length=131_072)
    config = Qwen3Config(
        vocab_size=VOCAB_SIZE,
        hidden_size=HIDDEN_SIZE,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        max_position_embeddings=MAX_LENGTH,
        rope_parameters={"rope_type": "default", "rope_theta": 1_000_000.0},
        tie_word_embeddings=True,
    )
    description.save_encoder(folder, Qwen3Model(config), seed=20)
    description.write_modules(folder, ["Transformer", "Pooling", "Normalize"])
    description.write_pooling(folder, HIDDEN_SIZE, "lasttoken")
    description.write_prompts(folder, PROMPTS)
