"""Make a checkpoint of EmbeddingGemma 300m's shape with random weights, for benchmarks without the real one.

    python make_300m_shape.py FOLDER

FOLDER becomes a Sentence Transformers folder of 1.2 GB: 24 layers, 262,144 tokens, two Dense layers. Its vectors mean
nothing; size, start, memory and speed are those of the real model. The tokenizer has as many tokens as the real one,
most of them made up, and half as many merges.
"""

import json
import random
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path += [str(HERE), str(HERE.parent.parent / "packages" / "tiny-model" / "train")]

from transformers import Gemma3TextConfig  # noqa: E402

from families import embeddinggemma  # noqa: E402
from gemma_tokenizer import write_gemma_tokenizer  # noqa: E402

VOCAB_SIZE = 262_144
TRAINED_VOCAB_SIZE = 1200
HIDDEN_SIZE = 768
WIDE_SIZE = 3072
LAYERS = 24
FULL_ATTENTION_EVERY = 6
LONGEST_PART = 6


def build(folder: Path) -> None:
    folder.mkdir(parents=True)
    write_gemma_tokenizer((HERE / "texts.txt").read_text(encoding="utf-8").splitlines(), TRAINED_VOCAB_SIZE, folder)
    add_tokens(folder / "tokenizer.json")
    config = Gemma3TextConfig(
        vocab_size=VOCAB_SIZE,
        hidden_size=HIDDEN_SIZE,
        intermediate_size=1152,
        num_hidden_layers=LAYERS,
        layer_types=[
            "full_attention" if layer % FULL_ATTENTION_EVERY == 0 else "sliding_attention"
            for layer in range(1, LAYERS + 1)
        ],
        sliding_window=512,
        num_attention_heads=3,
        num_key_value_heads=1,
        head_dim=256,
        query_pre_attn_scalar=256,
        max_position_embeddings=embeddinggemma.MAX_LENGTH,
        use_bidirectional_attention=True,
    )
    embeddinggemma.write_model(folder, config, WIDE_SIZE)


def add_tokens(path: Path) -> None:
    """Add tokens to a trained tokenizer, each merged from two others, until there are VOCAB_SIZE."""
    tokenizer = json.loads(path.read_text(encoding="utf-8"))
    model = tokenizer["model"]
    vocab, merges = model["vocab"], model["merges"]
    parts = [token for token in vocab if token.isalpha() and len(token) <= LONGEST_PART]
    numbers = random.Random(1)
    while len(vocab) < VOCAB_SIZE:
        left, right = numbers.choice(parts), numbers.choice(parts)
        token = left + right
        if token in vocab:
            continue
        vocab[token] = len(vocab)
        merges.append([left, right])
        if len(token) <= LONGEST_PART:
            parts.append(token)
    path.write_text(json.dumps(tokenizer, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    build(Path(sys.argv[1]))
