"""Reads the texts besides the corpus: WordNet, dialogues and requests to an assistant."""

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

PARTS = ("noun", "verb", "adj", "adv")
QUOTED = re.compile(r'"([^"]+)"')
LARGEST_FILE = 4 * 2**20
"""Dialogues in files of at least this many bytes are left out."""
LONGEST_UTTERANCE = 200


@dataclass(frozen=True)
class Synset:
    """Words with one meaning."""

    words: list[str]
    kind: int
    """Number of the lexicographer file: 5 is animals, 6 artifacts, 18 persons, and so on."""
    definition: str
    examples: list[str]


@dataclass(frozen=True)
class WordNet:
    synsets: list[Synset]
    kinds: dict[str, dict[str, int]] = field(default_factory=dict)
    """By part of speech and word, the kind of the word's most frequent meaning."""
    synonyms: dict[str, list[str]] = field(default_factory=dict)
    """By single word, the other single words of its most frequent meanings."""


def read_wordnet(folder: Path) -> WordNet:
    """Reads the database files of WordNet 3, `data.noun`, `index.noun` and so on."""
    synsets: list[Synset] = []
    kinds: dict[str, dict[str, int]] = {}
    synonyms: dict[str, list[str]] = defaultdict(list)
    for part in PARTS:
        by_offset = {line[:8]: _synset(line) for line in _lines(folder / f"data.{part}")}
        synsets += by_offset.values()
        kinds[part] = {}
        for line in _lines(folder / f"index.{part}"):
            fields = line.split()
            word, senses = fields[0], int(fields[2])
            first = by_offset[fields[-senses]]
            if word.isalpha():
                kinds[part][word] = first.kind
                synonyms[word] += [other for other in first.words if other.isalpha() and other.lower() != word]
    return WordNet(synsets, kinds, dict(synonyms))


def read_utterances(folder: Path) -> list[str]:
    """What is said in the Schema-Guided Dialogue dataset, each text once."""
    paths = sorted(path for path in folder.glob("*/dialogues_*.json") if path.stat().st_size < LARGEST_FILE)
    found = (
        turn["utterance"].strip()
        for path in paths
        for dialogue in json.loads(path.read_text(encoding="utf-8"))
        for turn in dialogue["turns"]
    )
    return list(dict.fromkeys(text for text in found if 12 <= len(text) <= LONGEST_UTTERANCE))


def read_requests(path: Path) -> list[str]:
    """The requests of CLINC150's `data_full.json`, each text once."""
    parts = json.loads(path.read_text(encoding="utf-8"))
    return list(dict.fromkeys(text for name in sorted(parts) for text, _ in parts[name]))


def _lines(path: Path) -> list[str]:
    # The license at the beginning is indented.
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith(" ")]


def _synset(line: str) -> Synset:
    data, gloss = line.split(" | ", maxsplit=1)
    fields = data.split()
    words = [re.sub(r"\(.*\)$", "", word).replace("_", " ") for word in fields[4 : 4 + 2 * int(fields[3], 16) : 2]]
    definition = re.split(r';\s*"', gloss)[0].strip()
    return Synset(words, int(fields[1]), definition, QUOTED.findall(gloss))
