"""Turns the training set into batches of texts with prompts. Each batch has texts of similar length."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from architecture import DOCUMENT_PROMPT, PROMPTS, QUERY_PROMPT, TASK_PROMPTS, TITLED_DOCUMENT_PROMPT
from dataset import Dataset, Pairs

POOL = 32
"""Number of batches whose texts are sorted by length together."""
TITLED = 0.25
UNUSUAL = 0.15
"""Share of the retrieval texts that get no prompt or the prompt of another task."""


@dataclass(frozen=True)
class Batch:
    left: list[str]
    right: list[str]
    left_vectors: np.ndarray
    right_vectors: np.ndarray
    is_retrieval: bool
    """Whether the right text of each row answers the left one."""


def batches(dataset: Dataset, size: int, seed: int) -> Iterator[Batch]:
    """One pass over the training set in batches of `size` pairs. All pairs of a batch are of the same kind."""
    chooser = random.Random(seed)
    found = [
        batch
        for pairs in (dataset.retrieval, dataset.similarity, dataset.word_lists)
        for batch in _pooled(pairs, size, chooser)
    ]
    chooser.shuffle(found)
    for pairs, rows in found:
        yield _prompted(pairs, rows, chooser)


def _pooled(pairs: Pairs, size: int, chooser: random.Random) -> list[tuple[Pairs, list[int]]]:
    order = list(range(len(pairs.left)))
    chooser.shuffle(order)
    found = []
    for start in range(0, len(order), size * POOL):
        pool = sorted(order[start : start + size * POOL], key=lambda row: len(pairs.right[row]))
        found += [(pairs, pool[first : first + size]) for first in range(0, len(pool) - size + 1, size)]
    return found


def _prompted(pairs: Pairs, rows: list[int], chooser: random.Random) -> Batch:
    left = [pairs.left[row] for row in rows]
    right = [pairs.right[row] for row in rows]
    if pairs.titles:
        left = [_query(text, chooser) for text in left]
        right = [_document(text, pairs.titles[row], chooser) for text, row in zip(right, rows, strict=True)]
    else:
        prompt = chooser.choice([PROMPTS["STS"], PROMPTS["STS"], "", chooser.choice(TASK_PROMPTS)])
        left, right = [prompt + text for text in left], [prompt + text for text in right]
    return Batch(left, right, pairs.left_vectors[rows], pairs.right_vectors[rows], bool(pairs.titles))


def _query(text: str, chooser: random.Random) -> str:
    if chooser.random() < UNUSUAL:
        return chooser.choice(["", *TASK_PROMPTS]) + text
    return QUERY_PROMPT + text


def _document(text: str, title: str, chooser: random.Random) -> str:
    if chooser.random() < UNUSUAL:
        return chooser.choice(["", *TASK_PROMPTS]) + text
    if chooser.random() < TITLED:
        return TITLED_DOCUMENT_PROMPT.format(title=title) + text
    return DOCUMENT_PROMPT + text
