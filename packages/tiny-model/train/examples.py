"""Makes training examples from plain texts with rules: queries, titles, variants with other words, word lists.

The examples need no labels, because the teacher's vectors say how similar two texts are.
"""

import random
import re
from collections import Counter
from dataclasses import dataclass

from texts import sentences

WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")
DEFINITION = re.compile(r"^((?:The |A |An )?[\w' -]{3,50}?) (is|are|was|were) (?=\w+ \w+)")
CLAUSE_END = re.compile(r"[,;:–—(]| (?:which|who|because|although|while|whereas|but) ")
QUESTIONS = [
    "what is {}",
    "how does {} work",
    "why {}",
    "what about {}?",
    "tell me about {}",
    "{} explained",
    "Which {}?",
]
SUFFIXES = ("ing", "ed", "ly", "ion", "er", "est", "s")
SUBJECTLESS = {
    "There",
    "It",
    "This",
    "That",
    "These",
    "Those",
    "They",
    "He",
    "She",
    "We",
    "You",
    "I",
    "Here",
    "What",
    "Which",
}
COMMON_WORDS = 150


@dataclass(frozen=True)
class Pair:
    """A query made from a document, the document, and its title ("" if it has none), as plain texts."""

    query: str
    document: str
    title: str


class ExampleMaker:
    """Makes examples from texts and the teacher's word list. Has its own random number generator."""

    def __init__(self, texts: list[str], words: list[str], synonyms: dict[str, list[str]]):
        self._synonyms = synonyms
        self._random = random.Random()
        self._counts = Counter(word.lower() for text in texts for word in WORD.findall(text))
        self._common = {word for word, _ in self._counts.most_common(COMMON_WORDS)}
        self._words = [word for word in words if word not in self._common]
        self._by_suffix = {
            suffix: [word for word in self._words if _suffix(word) == suffix] for suffix in (*SUFFIXES, "")
        }

    def seed(self, seed: str) -> None:
        """Seeds the random number generator. Everything made after this depends only on the seed."""
        self._random.seed(seed)

    def pair(self, document: str) -> Pair:
        """A query for the document: a sentence, the first clause, a few words, the rarest words or a question."""
        title = self._title(document)
        rules = [self._sentence, self._first_clause, self._span, self._keywords, self._question, self._definition]
        query = self._random.choice(rules)(document)
        return Pair(query if len(query) >= 3 else document[:80], document, title)

    def rest(self, document: str) -> Pair | None:
        """A sentence as the query, and the other sentences as the document. None if there is only one sentence."""
        found = sentences(document)
        if len(found) < 2:
            return None
        query = found.pop(0 if self._random.random() < 0.5 else self._random.randrange(len(found)))
        rest = " ".join(found)
        return Pair(query, rest, self._title(rest))

    def variant(self, sentence: str) -> str:
        """The sentence with one to three of its content words replaced, by synonyms or any words, or some words left
        out."""
        words = sentence.split(" ")
        places = [
            n
            for n, word in enumerate(words)
            if word.strip(".,").isalpha() and word.strip(".,").lower() not in self._common
        ]
        if not places or self._random.random() < 0.15:
            kept = [word for word in words if self._random.random() > 0.25]
            return " ".join(kept or words)
        for place in self._random.sample(places, min(len(places), self._random.choice([1, 1, 2, 3]))):
            bare = words[place].strip(".,")
            synonyms = self._synonyms.get(bare.lower())
            if synonyms and self._random.random() < 0.5:
                other = self._random.choice(synonyms)
            else:
                other = self._word(_suffix(bare.lower()))
            words[place] = words[place].replace(bare, other.capitalize() if bare[0].isupper() else other)
        return " ".join(words)

    def word_list(self) -> str:
        """One to six words of the teacher's vocabulary, all with the same probability."""
        return " ".join(self._word("", cased=True) for _ in range(self._random.choice([1, 1, 2, 2, 3, 4, 6])))

    def _word(self, suffix: str, cased: bool = False) -> str:
        word = self._random.choice(self._words if cased else self._by_suffix[suffix])
        return word.capitalize() if cased and self._random.random() < 0.3 else word

    def _sentence(self, document: str) -> str:
        found = sentences(document)
        return self._random.choice(found) if len(found) > 1 else self._span(document)

    def _first_clause(self, document: str) -> str:
        return CLAUSE_END.split(document, maxsplit=1)[0][:120]

    def _span(self, document: str) -> str:
        words = document.split(" ")
        length = self._random.randint(3, 9)
        start = self._random.randint(0, max(0, len(words) - length))
        return " ".join(words[start : start + length]).strip(".,;:()")

    def _keywords(self, document: str) -> str:
        found = list(dict.fromkeys(word.lower() for word in WORD.findall(document)))
        rarest = set(sorted(found, key=lambda word: self._counts[word])[: self._random.randint(2, 5)])
        return " ".join(word for word in found if word in rarest)

    def _question(self, document: str) -> str:
        topic = self._keywords(document) if self._random.random() < 0.5 else self._span(document)
        return self._random.choice(QUESTIONS).format(topic)

    def _definition(self, document: str) -> str:
        match = _definition(document)
        if not match:
            return self._first_clause(document)
        subject = match[1] if match[1].split(" ")[0] not in ("The", "A", "An") else match[1][0].lower() + match[1][1:]
        return f"What {match[2]} {subject}?"

    def _title(self, document: str) -> str:
        match = _definition(document)
        return (match[1] if match else self._keywords(document)).strip()


def _definition(document: str) -> re.Match | None:
    """Matches `X is …` if one can ask what X is."""
    match = DEFINITION.match(document)
    return match if match and match[1].split(" ")[0] not in SUBJECTLESS else None


def _suffix(word: str) -> str:
    return next((suffix for suffix in SUFFIXES if len(word) > len(suffix) + 2 and word.endswith(suffix)), "")
