"""Makes pairs of everyday sentences by rule: people and animals doing things, pictures, headlines, questions, figures.

Both sentences of a pair come from one family of patterns and share most of their words. So some pairs mean the same,
and others differ in one detail. The sentences rarely make sense, but they use words as such sentences do.
"""

import random
import re
from collections import Counter

from sources import WordNet

# Lexicographer files of WordNet.
NOUN_KINDS = {
    "animal": [5],
    "thing": [6, 17],
    "food": [13],
    "place": [15],
    "person": [18],
    "event": [4, 11, 22],
    "topic": [9, 10, 21, 26],
    "matter": [20, 27],
}
VERB_KINDS = {"handling": [35, 36, 30, 34], "moving": [38], "telling": [32], "feeling": [31, 37, 39, 41, 33]}
PEOPLE = "man woman boy girl child person lady guy baby player worker dog cat".split()
PLACES = "street park kitchen house room field beach garden water city road table grass snow school store".split()
COLORS = "red blue green white black brown yellow orange pink gray purple dark small large big old young".split()
NUMBERS = "two three four five six seven eight ten twelve 15 20 35 100 200 1,000".split()
FAMILIES = [
    [
        "A {person} is {handling} a {thing}.",
        "The {person} is {handling} the {color} {thing}.",
        "A {color} {person} is {handling} a {thing} in the {place}.",
        "Someone is {handling} a {thing}.",
        "A {thing} is near a {person} who is {handling} it.",
        "The {person} is not {handling} a {thing}.",
        "A {person} and a {person2} are {handling} a {thing}.",
        "{Number} people are {handling} {thing}s on a {place}.",
        "{handling} a {thing}",
    ],
    [
        "A {animal} is {moving} in the {place}.",
        "The {color} {animal} is {moving} near a {thing}.",
        "{Number} {animal}s are {moving} across the {place}.",
        "A {animal} and a {person} are {moving} through the {place}.",
        "A {person} is {moving} with a {animal} on the {place}.",
        "There is no {animal} {moving} in the {place}.",
    ],
    [
        "A {color} {thing} on a {thing2}.",
        "A {person} with a {color} {thing} {moving} next to a {thing2}.",
        "A close-up of a {animal} in front of a {thing}.",
        "A {place} with a {thing} and {number} {thing2}s.",
        "{Number} {animal}s and a {color} {thing} in a {place}.",
        "A {person} {moving} in a {place} with a {thing}.",
    ],
    [
        "A {person} is {handling} some {food}.",
        "The {person} {handling} {food} in the {place}.",
        "A {person} is {handling} {food} with a {thing}.",
        "Some {food} and {food2} on a {thing}.",
        "Someone {handling} {food} and {food2}.",
    ],
    [
        "{name} {telling} {name2} over {topic}",
        "{Number} killed in {name} {event}",
        "{name} {topic} talks end after {event}",
        "{name} says {topic} {event} in {name2} is over",
        "{name}: {number} hurt in {place} {event}",
        "{name2} leader {telling} {name} on {event}",
        "New {event} in {name} as {topic} grows",
        "{name} {person} dies at {number}",
    ],
    [
        "Shares of {name} fell {number} percent to ${number2}.",
        "{name} shares rose {number} percent after the {event}.",
        "The company said its {topic} rose {number2} percent in {name}.",
        "The {person} said {number} people were in the {place} during the {event}.",
        "The {event} in {name} was on Tuesday, the {person} said.",
        "{name} said the {topic} would cost ${number} million.",
    ],
    [
        "How do I {handle} a {thing} without {handling} the {thing2}?",
        "What is the best way to {handle} a {thing}?",
        "Is it safe to {handle} {food} with {matter}?",
        "You can {handle} the {thing}, but you should not {handle2} it.",
        "I would {handle} the {thing} first, then the {thing2}.",
        "Why does my {thing} {move} when I {handle} it?",
        "Should I {handle} a {thing} in my {place}?",
        "You should never {handle} {matter} near a {thing}.",
    ],
    [
        "I am {feeling} my {person}'s {topic}.",
        "The {topic} of {matter} is a kind of {event}.",
        "It depends on the {topic} and on what the {person} is {feeling}.",
        "There is a lot of {topic} about the {event}.",
        "{name} is a {person} from {name2}.",
        "{name} is the {place} of the {event}.",
    ],
]
FIELD = re.compile(r"{(\w+?)(2?)}")
BASE = {"handle": "handling", "move": "moving"}


class SceneMaker:
    """Makes pairs of sentences with words that WordNet and the teacher know."""

    def __init__(self, texts: list[str], words: list[str], wordnet: WordNet):
        nouns, verbs, known = wordnet.kinds["noun"], wordnet.kinds["verb"], set(words)
        self._fields = {
            name: [word for word in words if nouns.get(word) in kinds and len(word) > 2]
            for name, kinds in NOUN_KINDS.items()
        }
        self._fields |= {"color": COLORS, "number": NUMBERS, "name": _names(texts, known)}
        self._bases = {}
        for name, kinds in VERB_KINDS.items():
            bases = {_gerund(word, known): word for word in words if verbs.get(word) in kinds}
            self._fields[name] = sorted(gerund for gerund in bases if gerund)
            self._bases |= bases
        self._frequent = {"person": PEOPLE, "place": PLACES}

    def pair(self, chooser: random.Random) -> tuple[str, str]:
        family = chooser.choice(FAMILIES)
        filling: dict[str, str] = {}
        left = self._fill(chooser.choice(family), filling, chooser)
        for name in chooser.sample(sorted(filling), min(len(filling), chooser.choice([0, 0, 1, 1, 2, 3]))):
            del filling[name]
        return left, self._fill(chooser.choice(family), filling, chooser)

    def _fill(self, pattern: str, filling: dict[str, str], chooser: random.Random) -> str:
        def word(match: re.Match) -> str:
            name, second = match[1].lower(), match[2]
            field = BASE.get(name, name)
            key = field + second
            if key not in filling:
                often = self._frequent.get(field)
                filling[key] = chooser.choice(often if often and chooser.random() < 0.6 else self._fields[field])
            found = self._bases[filling[key]] if name in BASE else filling[key]
            return found.capitalize() if match[1][0].isupper() else found

        return FIELD.sub(word, pattern)


def _names(texts: list[str], known: set[str]) -> list[str]:
    """Words that the texts nearly always write with a capital."""
    counts = Counter(word for text in texts for word in re.findall(r"(?<=[a-z,] )[A-Za-z]+", text))
    return sorted(
        word
        for word, count in counts.items()
        if word[0].isupper() and word.lower() in known and count >= 5 and count > 10 * counts[word.lower()]
    )


def _gerund(verb: str, known: set[str]) -> str | None:
    forms = (f"{verb}ing", f"{verb[:-1]}ing" if verb.endswith("e") else "", f"{verb}{verb[-1]}ing")
    return next((form for form in forms if form in known), None)
