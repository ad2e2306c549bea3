"""Initial weights without training: token vectors distilled from the teacher, and layers that change almost nothing.

Each token's vector is the teacher's vector of the token's text, reduced by PCA and weighted by the token's rarity. So a
text's vector is the weighted mean of the meanings of its tokens.

Gemma normalises each token's vector at the end, which would remove the weights. So every token vector also has the same
large component in one direction. All norms are then nearly equal, and the other components keep their lengths. The
first Dense layer, a Hadamard matrix, separates that direction from the others, and the second drops it.
"""

import re

import numpy as np
import torch
from scipy.linalg import hadamard
from scipy.stats import ortho_group
from sentence_transformers import SentenceTransformer
from torch import Tensor
from torch.nn.functional import normalize
from transformers import PreTrainedTokenizerBase

from architecture import EMBEDDING_DIMENSION, HIDDEN_SIZE
from teacher import Teacher

MEANING_SIZE = HIDDEN_SIZE - 1
LAYER_GAIN = 0.02
"""Initial scale of the layers' outputs: almost zero, but enough for the layers to learn."""
CONSTANT_SHARE = 1 / 16
"""How much of the constant is kept. It is about sixteen times as long as the meaning of a text."""
LARGEST_MEANING = 0.8
"""Length of the longest meaning in a normalised token vector, which has length 1."""
RARITY = 1e-3
"""The a of a / (a + p), the weight of a word of probability p: smooth inverse frequency (Arora et al. 2017)."""
BYTE_TOKEN = re.compile("<0x[0-9A-F]{2}>")
BYTE_MEANING = 0.4
"""Length of a byte's meaning. The meaning of a rare word has a length of nearly 1."""


class TeacherSpace:
    """Projects the teacher's vectors on their principal axes, to get targets for the student's 768 numbers.

    The student has 255 dimensions for meaning, so the target is the projection on the 255 leading axes. The first 255
    numbers are the projection itself, leading axes first, so truncated vectors keep what matters most. The other 513
    numbers are a random isometry of the projection, so every number has information.
    """

    def __init__(self, vectors: np.ndarray, seed: int):
        """`vectors` are the teacher's unit vectors of representative texts."""
        second_moment = vectors.T.astype(np.float64) @ vectors.astype(np.float64)
        _, axes = np.linalg.eigh(second_moment)
        self.axes = axes[:, ::-1][:, :MEANING_SIZE].T
        isometry = ortho_group.rvs(EMBEDDING_DIMENSION - MEANING_SIZE, random_state=seed)[:, :MEANING_SIZE]
        self.spread = np.concatenate([np.eye(MEANING_SIZE), isometry]) / np.sqrt(2)

    def project(self, vectors: np.ndarray) -> np.ndarray:
        return vectors.astype(np.float64) @ self.axes.T

    def target(self, vectors: Tensor) -> Tensor:
        """Rows of 768 numbers of unit length, on the device of `vectors`."""
        to_target = torch.from_numpy(self.axes.T @ self.spread.T).to(vectors)
        return normalize(vectors @ to_target, dim=1)


def distilled_meanings(
    tokenizer: PreTrainedTokenizerBase, teacher: Teacher, space: TeacherSpace, texts: list[str], seed: int
) -> np.ndarray:
    """One row of 255 numbers for each token: the teacher's vector of its text, times its rarity in `texts`.

    Special tokens and punctuation get zeros. A byte gets a random direction, so two texts in a script outside the
    vocabulary are only as similar as their bytes.
    """
    tokens = tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
    meanings = space.project(teacher.encode("tokens", [token.replace("▁", " ").strip() for token in tokens]))
    meanings *= (_rarity(tokenizer, texts) * [_has_meaning(token) for token in tokens])[:, None]
    byte_rows = [row for row, token in enumerate(tokens) if BYTE_TOKEN.fullmatch(token)]
    directions = np.random.default_rng(seed).normal(size=(len(byte_rows), MEANING_SIZE))
    meanings[byte_rows] = BYTE_MEANING * directions / np.linalg.norm(directions, axis=1, keepdims=True)
    return meanings


def set_weights(model: SentenceTransformer, meanings: np.ndarray, space: TeacherSpace) -> None:
    """Sets all weights of the model so that a text's vector is the mean of the meanings of its tokens."""
    lengths = np.linalg.norm(meanings, axis=1, keepdims=True)
    # Limit the few longest vectors, or all others would have to be short.
    unit = LARGEST_MEANING / np.quantile(lengths, 0.999)
    normalized = np.minimum(lengths * unit, LARGEST_MEANING)
    # The normalisation turns a length x into x / sqrt(1 + x^2). Solve for x.
    before = normalized / np.sqrt(1 - normalized**2)
    meanings = meanings * before / np.maximum(lengths, 1e-12)

    rotation = hadamard(HIDDEN_SIZE) / np.sqrt(HIDDEN_SIZE)
    constant, meaning_axes = rotation[:1], rotation[1:]
    transformer, separation, last = model[0].model, model[2].linear.weight, model[3].linear.weight
    with torch.no_grad():
        transformer.embed_tokens.weight.copy_(torch.from_numpy(constant + meanings @ meaning_axes))
        for layer in transformer.layers:
            # Gemma scales a layer's output by 1 + weight, so this is almost zero.
            layer.post_attention_layernorm.weight.fill_(LAYER_GAIN - 1)
            layer.post_feedforward_layernorm.weight.fill_(LAYER_GAIN - 1)
        separation.copy_(torch.from_numpy(np.concatenate([constant * CONSTANT_SHARE, meaning_axes])))
        last.copy_(torch.from_numpy(np.concatenate([np.zeros((EMBEDDING_DIMENSION, 1)), space.spread], axis=1)))
    # Not trained: all its numbers are equal except for the sign, so int8 represents it exactly. With rounding errors,
    # the constant, which is far longer than a text's meaning, would leak into the result.
    separation.requires_grad_(False)


def _has_meaning(token: str) -> bool:
    return any(character.isalnum() for character in token) and not (token.startswith("<") and token.endswith(">"))


def _rarity(tokenizer: PreTrainedTokenizerBase, texts: list[str]) -> np.ndarray:
    ids = tokenizer(texts, add_special_tokens=False)["input_ids"]
    counts = np.bincount(np.concatenate(ids).astype(np.int64), minlength=len(tokenizer))
    probabilities = counts / counts.sum()
    return RARITY / (RARITY + probabilities)
