"""Reads the corpus, splits it into training and held-out texts, and cuts texts into sentences."""

import gzip
import random
import re
from pathlib import Path

SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"'(])")
HELD_OUT_PASSAGES = 2000


def read_lines(path: Path) -> list[str]:
    """The non-empty lines of a text file, plain or gzipped."""
    open_text = gzip.open if path.suffix == ".gz" else open
    with open_text(path, "rt", encoding="utf-8") as file:
        return [line for line in (raw.rstrip("\n") for raw in file) if line.strip()]


def sentences(text: str) -> list[str]:
    return SENTENCE_END.split(text)


def split_held_out(texts: list[str], seed: int) -> tuple[list[str], list[str]]:
    """Training texts, and held-out passages of at least two sentences.

    No training text shares a sentence with a held-out passage.
    """
    passages = [text for text in texts if len(sentences(text)) >= 2 and 120 <= len(text) <= 700]
    held_out = random.Random(seed).sample(passages, min(HELD_OUT_PASSAGES, len(passages) // 5))
    held_out_sentences = {sentence for passage in held_out for sentence in sentences(passage)}
    training = [text for text in texts if held_out_sentences.isdisjoint(sentences(text))]
    return training, held_out
