"""Fits the token vectors to the teacher's vectors of entire texts, in closed form.

A text's vector is the normalised sum of its tokens' vectors. If the lengths of the sums are fixed, this is linear, so
the best token vectors solve a ridge regression. Each round solves it with conjugate gradients and then updates the
lengths. The ridge pulls towards the start, so tokens in few texts stay close to the teacher's vectors of the tokens.
"""

import numpy as np
from scipy.sparse import csr_array, diags_array
from transformers import PreTrainedTokenizerBase

from batches import batches
from dataset import Dataset
from initialize import TeacherSpace

RIDGE = 1.0
ROUNDS = 3
ITERATIONS = 15
LONGEST = 160
"""Number of tokens of a text that are counted."""


def fit_meanings(start: np.ndarray, counts: csr_array, targets: np.ndarray, ridge: float = RIDGE) -> np.ndarray:
    """Token vectors, tokens x numbers, like `start`.

    `counts` says how many times each text (row) has each token (column). `targets` has the unit vector of each text.
    """
    meanings = start.astype(np.float32)
    for _ in range(ROUNDS):
        lengths = np.linalg.norm(counts @ meanings, axis=1)
        scaled = diags_array(1 / np.maximum(lengths, 1e-3)).astype(np.float32) @ counts
        meanings = _solve(scaled, targets, start.astype(np.float32), meanings, ridge)
    return meanings


def prompted_counts(
    tokenizer: PreTrainedTokenizerBase, dataset: Dataset, space: TeacherSpace, seed: int
) -> tuple[csr_array, np.ndarray]:
    """The `counts` and `targets` of all texts in the training set, with prompts as in training."""
    found = list(batches(dataset, size=64, seed=seed))
    texts = [text for batch in found for text in batch.left + batch.right]
    vectors = np.concatenate([vectors for batch in found for vectors in (batch.left_vectors, batch.right_vectors)])
    targets = space.project(vectors).astype(np.float32)
    return token_counts(tokenizer, texts), targets / np.linalg.norm(targets, axis=1, keepdims=True)


def token_counts(tokenizer: PreTrainedTokenizerBase, texts: list[str]) -> csr_array:
    """Texts x tokens, float32, special tokens included."""
    ids = tokenizer(texts, truncation=True, max_length=LONGEST)["input_ids"]
    rows = np.repeat(np.arange(len(ids)), [len(row) for row in ids])
    columns = np.concatenate([np.array(row) for row in ids])
    return csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=(len(ids), len(tokenizer)))


def _solve(matrix: csr_array, targets: np.ndarray, start: np.ndarray, guess: np.ndarray, ridge: float) -> np.ndarray:
    """Minimises |matrix @ x - targets|^2 + ridge * |x - start|^2. Columns of x are independent and solved together."""
    transposed = matrix.T.tocsr()

    def normal_equations(x: np.ndarray) -> np.ndarray:
        return transposed @ (matrix @ x) + ridge * x

    solution = guess.copy()
    residual = transposed @ targets + ridge * start - normal_equations(solution)
    direction = residual.copy()
    square = (residual**2).sum(axis=0)
    for _ in range(ITERATIONS):
        image = normal_equations(direction)
        step = square / np.maximum((direction * image).sum(axis=0), 1e-12)
        solution += step * direction
        residual -= step * image
        previous, square = square, (residual**2).sum(axis=0)
        direction = residual + square / np.maximum(previous, 1e-12) * direction
    return solution
