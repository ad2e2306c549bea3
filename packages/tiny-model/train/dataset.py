"""The training set: pairs of related texts, made from all sources, with the teacher's vectors."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np

from examples import ExampleMaker
from scenes import SceneMaker
from sources import Synset, WordNet
from teacher import Teacher, word_list

SHORT_SENTENCE = 160
PIECE = 4096
"""Number of texts whose examples are made together, from one seed."""

Example = tuple[str, str, str | None]
"""Left text, right text, and the right text's title, or None if they are two sentences, not query and document."""


@dataclass(frozen=True)
class Sources:
    passages: list[str]
    """Sentences and passages of the corpus."""
    utterances: list[str]
    requests: list[str]
    wordnet: WordNet


@dataclass(frozen=True)
class Sizes:
    """How many examples of each kind to make."""

    passages: int
    queries: int
    """Queries for each passage."""
    variants: int
    """Variants of each short sentence."""
    utterances: int
    scenes: int
    word_lists: int


@dataclass(frozen=True)
class Dataset:
    texts: list[str]
    vectors: np.ndarray
    """The teacher's unit vectors of the texts, float16."""
    left: np.ndarray
    """The row of each pair's left text in `texts`."""
    right: np.ndarray
    titles: list[str | None]
    """The title of each pair's right text if it is a document, else None."""


def make_dataset(sources: Sources, teacher: Teacher, seed: int, sizes: Sizes) -> Dataset:
    rows: dict[str, int] = {}
    left, right, titles = [], [], []
    for first, second, title in _examples(sources, seed, sizes):
        left.append(rows.setdefault(first, len(rows)))
        right.append(rows.setdefault(second, len(rows)))
        titles.append(title)
    texts = list(rows)
    print(f"{len(left)} pairs of {len(texts)} texts", flush=True)
    return Dataset(texts, teacher.encode("texts", texts), np.array(left), np.array(right), titles)


def _examples(sources: Sources, seed: int, sizes: Sizes) -> Iterator[Example]:
    chooser = random.Random(seed)
    passages = chooser.sample(sources.passages, min(sizes.passages, len(sources.passages)))
    utterances = chooser.sample(sources.utterances, min(sizes.utterances, len(sources.utterances)))
    synsets = sources.wordnet.synsets
    short = [text for text in passages if len(text) <= SHORT_SENTENCE]
    short += utterances + sources.requests
    short += [text for synset in synsets for text in (synset.definition, *synset.examples)]
    words = word_list()
    maker = ExampleMaker(sources.passages, words, sources.wordnet.synonyms)
    scenes = SceneMaker(sources.passages, words, sources.wordnet)

    def queries(text: str, _: random.Random) -> list[Example]:
        pairs = [maker.pair(text) for _ in range(sizes.queries)] + [maker.rest(text)]
        return [(pair.query, pair.document, pair.title) for pair in pairs if pair]

    def variants(text: str, _: random.Random) -> list[Example]:
        return [(text, maker.variant(text), None) for _ in range(sizes.variants)]

    def definitions(synset: Synset, chooser: random.Random) -> list[Example]:
        word = chooser.choice(synset.words)
        query = chooser.choice(["{}", "what is {}", "{} meaning", "What does {} mean?", "define {}"]).format(word)
        return [(query, synset.definition, word), (", ".join(synset.words), synset.definition, None)]

    def scene(_: int, chooser: random.Random) -> list[Example]:
        return [(*scenes.pair(chooser), None)]

    def lists(_: int, __: random.Random) -> list[Example]:
        return [(maker.word_list(), maker.word_list(), None)]

    kinds = [
        ("queries", queries, passages),
        ("variants", variants, short),
        ("definitions", definitions, synsets),
        ("scenes", scene, range(sizes.scenes)),
        ("word lists", lists, range(sizes.word_lists)),
    ]
    tasks = [
        (make, items[start : start + PIECE], f"{seed} {name} {start}")
        for name, make, items in kinds
        for start in range(0, len(items), PIECE)
    ]
    for piece in _in_processes(lambda task: _piece(maker, *task), tasks):
        yield from piece


def _piece(maker: ExampleMaker, make: Callable, items: list, seed: str) -> list[Example]:
    maker.seed(seed)
    chooser = random.Random(seed)
    return [example for item in items for example in make(item, chooser) if example[0] and example[1]]


def _in_processes(work: Callable, tasks: list) -> Iterator[list[Example]]:
    """Forked processes inherit the makers and the sources, so only numbers of tasks and examples travel."""

    def run(number: int) -> list[Example]:
        return work(tasks[number])

    global _run_task
    _run_task = run
    with get_context("fork").Pool() as pool:
        yield from pool.imap(_run, range(len(tasks)))


def _run(number: int) -> list[Example]:
    return _run_task(number)
