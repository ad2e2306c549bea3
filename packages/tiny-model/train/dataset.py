"""The training set: pairs of related texts, with the teacher's vectors."""

import random
from dataclasses import dataclass

import numpy as np

from examples import ExampleMaker
from teacher import CHUNK, Teacher, word_list

LONG_TEXT = 160
SHORT_SENTENCE = 110


@dataclass(frozen=True)
class Sizes:
    """How many examples of each kind to make. A smaller set is a prefix of a larger one."""

    documents: int = 14 * CHUNK
    variants: int = 5 * CHUNK
    plain_sentences: int = 4 * CHUNK
    word_lists: int = 4 * CHUNK


@dataclass(frozen=True)
class Pairs:
    """Left and right texts, row by row, and the teacher's unit vectors of both as float16.

    `titles` has a title for each right text if the right texts are documents. Else it is empty.
    """

    left: list[str]
    right: list[str]
    left_vectors: np.ndarray
    right_vectors: np.ndarray
    titles: list[str]


@dataclass(frozen=True)
class Dataset:
    retrieval: Pairs
    """Queries and documents."""
    similarity: Pairs
    """Sentences and their variants."""
    word_lists: Pairs
    """Pairs of word lists."""


def make_dataset(texts: list[str], teacher: Teacher, seed: int, sizes: Sizes) -> Dataset:
    """Makes the examples from the training texts and encodes them with the teacher."""
    chooser = random.Random(seed)
    # Long texts take the most time and teach the least per token, so keep only one in seven.
    documents = [text for text in texts if len(text) <= LONG_TEXT or chooser.random() < 0.15]
    chooser.shuffle(documents)
    documents = documents[: sizes.documents]

    maker = ExampleMaker(texts, word_list())
    maker.seed(f"{seed} pairs")
    pairs = [maker.pair(document) for document in documents]
    short = [n for n, document in enumerate(documents) if len(document) <= SHORT_SENTENCE][: sizes.variants]
    maker.seed(f"{seed} variants")
    variants = [maker.variant(documents[n]) for n in short]
    maker.seed(f"{seed} plain")
    plain = [maker.plain_sentence() for _ in range(sizes.plain_sentences)]
    maker.seed(f"{seed} plain variants")
    plain_variants = [maker.variant(sentence) for sentence in plain]
    maker.seed(f"{seed} word lists")
    lists = [maker.word_list() for _ in range(sizes.word_lists)]

    queries = [pair.query for pair in pairs]
    document_vectors = teacher.encode("documents", documents)
    list_vectors = teacher.encode("word-lists", lists)
    return Dataset(
        retrieval=Pairs(
            queries, documents, teacher.encode("queries", queries), document_vectors, [pair.title for pair in pairs]
        ),
        similarity=Pairs(
            [documents[n] for n in short] + plain,
            variants + plain_variants,
            np.concatenate([document_vectors[short], teacher.encode("plain", plain)]),
            np.concatenate([teacher.encode("variants", variants), teacher.encode("plain-variants", plain_variants)]),
            [],
        ),
        word_lists=Pairs(lists[::2], lists[1::2], list_vectors[::2], list_vectors[1::2], []),
    )
