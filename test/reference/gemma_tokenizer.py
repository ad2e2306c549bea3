"""Gemma's tokenizer with a small vocabulary."""

from collections import Counter
from pathlib import Path

from tokenizer import train_tokenizer

ALPHABET_SIZE = 350


def write_gemma_tokenizer(texts: list[str], vocab_size: int, folder: Path) -> None:
    """Write the files of `train_tokenizer`, the same in every run. The trainer breaks ties between equally frequent
    characters at random, so it gets only the frequent characters."""
    counts = Counter(character for text in texts for character in text)
    by_frequency = sorted(counts, key=lambda character: (-counts[character], character))
    frequent = set(by_frequency[:ALPHABET_SIZE])
    reduced = ["".join(character if character in frequent else " " for character in text) for text in texts]
    train_tokenizer(reduced, vocab_size, folder, max_alphabet=ALPHABET_SIZE)
