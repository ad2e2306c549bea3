"""A small BERT."""

from transformers import BertConfig, BertModel

VOCAB_SIZE = 1400
HIDDEN_SIZE = 48


def small_bert() -> BertModel:
    config = BertConfig(
        vocab_size=VOCAB_SIZE,
        hidden_size=HIDDEN_SIZE,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=96,
        max_position_embeddings=512,
    )
    return BertModel(config)
