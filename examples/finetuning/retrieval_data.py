"""Training pairs and test queries from a folder, the same files as in ../tuning.

    train.jsonl       a training pair in each line: {"query", "document", "negatives"}
    corpus.jsonl      a document in each line: {"_id", "title", "text"}
    queries.jsonl     a query in each line: {"_id", "text"}
    qrels/<split>.tsv columns query-id, corpus-id and score, with a header; splits are train, validation (or dev), test

This is the layout of BEIR. Without train.jsonl, the pairs of qrels/train.tsv are trained on. `anchor`, `positive` and
`negative`, the names in Sentence Transformers, stand for `query`, `document` and `negatives`. `document` and each of
`negatives` is a text, or {"title", "text"}.
"""

import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


class InvalidData(Exception):
    """A file of the data is wrong. The message says which, where, and what to do."""


@dataclass(frozen=True)
class Document:
    text: str
    title: str = ""


@dataclass(frozen=True)
class Pair:
    query: str
    document: Document
    negatives: tuple[Document, ...] = ()


@dataclass(frozen=True)
class Split:
    """Queries with the ids of their relevant documents."""

    queries: dict[str, str]
    relevant: dict[str, set[str]]


class RetrievalData:
    def __init__(self, folder: Path):
        self.folder = folder
        self.corpus = {line["_id"]: _document(line, where) for line, where in self._lines("corpus.jsonl", "_id")}
        self.queries = {line["_id"]: _text(line, "text", where) for line, where in self._lines("queries.jsonl", "_id")}

    def pairs(self) -> list[Pair]:
        if (self.folder / "train.jsonl").exists():
            pairs = [_pair(line, where) for line, where in self._lines("train.jsonl")]
        else:
            split = self.split("train")
            if split is None:
                raise InvalidData(f"{self.folder} has neither train.jsonl nor qrels/train.tsv: there is nothing to learn.")
            pairs = [
                Pair(text, self.corpus[document])
                for query, text in split.queries.items()
                for document in sorted(split.relevant[query])
            ]
        if len(pairs) < 2:
            raise InvalidData(f"{self.folder} has {len(pairs)} training pairs. Each needs others to compare it with.")
        return pairs

    def split(self, *names: str) -> Split | None:
        """The first of these splits that exists. Documents with a score of 0 or less are not relevant."""
        path = next((path for name in names if (path := self.folder / "qrels" / f"{name}.tsv").exists()), None)
        if path is None:
            return None
        relevant = defaultdict(set)
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                query, document, score = _judgement(row, path)
                if query not in self.queries or document not in self.corpus:
                    unknown = f"query {query!r}" if query not in self.queries else f"document {document!r}"
                    raise InvalidData(f"{path} names {unknown}, which does not exist.")
                if score > 0:
                    relevant[query].add(document)
        if not relevant:
            raise InvalidData(f"{path} has no relevant document.")
        return Split({query: self.queries[query] for query in relevant}, dict(relevant))

    def _lines(self, name: str, *required: str) -> Iterator[tuple[dict, str]]:
        path = self.folder / name
        if not path.exists():
            raise InvalidData(f"{path} does not exist.")
        # Not `splitlines`: JSON may contain U+2028 and others that it takes for ends of lines.
        for number, content in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
            where = f"{path}, line {number}"
            if content.strip():
                try:
                    line = json.loads(content)
                except ValueError as error:
                    raise InvalidData(f"{where} is not JSON: {error}")
                if not isinstance(line, dict) or any(key not in line for key in required):
                    raise InvalidData(f"{where} is not an object with {', '.join(required) or 'fields'}.")
                yield line, where


def _pair(line: dict, where: str) -> Pair:
    negatives = line.get("negatives", line.get("negative", []))
    return Pair(
        _text(line, "query" if "query" in line else "anchor", where),
        _document(line.get("document", line.get("positive")), where),
        tuple(_document(each, where) for each in (negatives if isinstance(negatives, list) else [negatives])),
    )


def _document(value: object, where: str) -> Document:
    if isinstance(value, str):
        value = {"text": value}
    if not isinstance(value, dict):
        raise InvalidData(f'{where}: a document must be a text or {{"title", "text"}}.')
    return Document(_text(value, "text", where), str(value.get("title") or "").strip())


def _text(line: dict, key: str, where: str) -> str:
    if not isinstance(line.get(key), str):
        raise InvalidData(f'{where}: "{key}" must be a text.')
    return line[key]


def _judgement(row: dict, path: Path) -> tuple[str, str, float]:
    try:
        return row["query-id"], row["corpus-id"], float(row["score"])
    except (KeyError, TypeError, ValueError):
        raise InvalidData(f"{path} must have the columns query-id, corpus-id and score, separated by tabs.")
