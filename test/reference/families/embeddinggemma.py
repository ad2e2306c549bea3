"""EmbeddingGemma: Gemma 3 with bidirectional attention, mean pooling, two Dense layers, normalisation."""

from pathlib import Path

from transformers import Gemma3TextConfig, Gemma3TextModel

import description
from gemma_tokenizer import write_gemma_tokenizer

VOCAB_SIZE = 1200
HIDDEN_SIZE = 32
WIDE_SIZE = 48
DIMENSION = 768
MATRYOSHKA_DIMENSIONS = [768, 512, 256, 128]
MAX_LENGTH = 2048

# https://huggingface.co/google/embeddinggemma-300m, config_sentence_transformers.json
PROMPTS = {
    "query": "task: search result | query: ",
    "document": "title: none | text: ",
    "BitextMining": "task: search result | query: ",
    "Clustering": "task: clustering | query: ",
    "Classification": "task: classification | query: ",
    "InstructionRetrieval": "task: code retrieval | query: ",
    "MultilabelClassification": "task: classification | query: ",
    "PairClassification": "task: sentence similarity | query: ",
    "Reranking": "task: search result | query: ",
    "Retrieval": "task: search result | query: ",
    "Retrieval-query": "task: search result | query: ",
    "Retrieval-document": "title: none | text: ",
    "STS": "task: sentence similarity | query: ",
    "Summarization": "task: summarization | query: ",
}


def build(folder: Path, texts: list[str]) -> None:
    write_gemma_tokenizer(texts, VOCAB_SIZE, folder)
    config = Gemma3TextConfig(
        vocab_size=VOCAB_SIZE,
        hidden_size=HIDDEN_SIZE,
        intermediate_size=64,
        num_hidden_layers=3,
        layer_types=["sliding_attention", "sliding_attention", "full_attention"],
        sliding_window=128,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        query_pre_attn_scalar=16,
        max_position_embeddings=MAX_LENGTH,
        use_bidirectional_attention=True,
    )
    write_model(folder, config, WIDE_SIZE)


def write_model(folder: Path, config: Gemma3TextConfig, wide_size: int) -> None:
    """Write an encoder with random weights, mean pooling, and two Dense layers with wide_size in between."""
    hidden_size = config.hidden_size
    config.matryoshka_dimensions = MATRYOSHKA_DIMENSIONS
    description.save_encoder(folder, Gemma3TextModel(config), seed=1)
    description.write_modules(folder, ["Transformer", "Pooling", "Dense", "Dense", "Normalize"])
    description.write_pooling(folder, hidden_size, "mean_tokens")
    description.write_dense(folder, 2, hidden_size, wide_size, seed=2)
    description.write_dense(folder, 3, wide_size, DIMENSION, seed=3)
    description.write_prompts(folder, PROMPTS)
    description.write_max_seq_length(folder, MAX_LENGTH)
