"""The two metrics for the model."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from texts import sentences

Encode = Callable[[list[str], str], np.ndarray]
"""Encodes texts with a named prompt, and returns one row of numbers for each text."""


def read_sts(path: Path) -> list[tuple[str, str, float]]:
    """Reads pairs of sentences with a score from a CSV file without a header: sentence 1, sentence 2, score."""
    with path.open(encoding="utf-8", newline="") as file:
        return [(row[0], row[1], float(row[2])) for row in csv.reader(file)]


def sts_vectors(encode: Encode, pairs: list[tuple[str, str, float]]) -> tuple[np.ndarray, np.ndarray]:
    return encode([pair[0] for pair in pairs], "STS"), encode([pair[1] for pair in pairs], "STS")


def spearman(left: np.ndarray, right: np.ndarray, scores: list[float], dimension: int) -> float:
    """Rank correlation between the scores and the cosines of the truncated vectors."""
    cosines = (_truncated(left, dimension) * _truncated(right, dimension)).sum(axis=1)
    return float(spearmanr(cosines, scores).statistic)


def retrieval_vectors(encode: Encode, passages: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of the first sentence of each passage as a query, and of the rest as the document to find."""
    parts = [sentences(passage) for passage in passages]
    return encode([part[0] for part in parts], "query"), encode([" ".join(part[1:]) for part in parts], "document")


def ndcg_at_10(queries: np.ndarray, documents: np.ndarray, dimension: int) -> float:
    """Mean normalised discounted cumulative gain of the first ten hits. Only document n answers query n."""
    cosines = _truncated(queries, dimension) @ _truncated(documents, dimension).T
    ranks = (cosines > cosines.diagonal()[:, None]).sum(axis=1)
    return float(np.where(ranks < 10, 1 / np.log2(ranks + 2), 0).mean())


def _truncated(vectors: np.ndarray, dimension: int) -> np.ndarray:
    cut = vectors[:, :dimension].astype(np.float64)
    return cut / np.linalg.norm(cut, axis=1, keepdims=True)
