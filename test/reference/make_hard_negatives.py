"""Write the results of Sentence Transformers' mine_hard_negatives for made-up vectors to
`../golden/hard-negatives.json`. Needs `datasets` and `pandas` beside requirements.txt.

    python make_hard_negatives.py
"""

import contextlib
import io
import re

import numpy as np
import torch
from datasets import Dataset
from sentence_transformers import SimilarityFunction
from sentence_transformers.util import mine_hard_negatives

from make_golden import GOLDEN, write
from make_similarity import camel_case

DIMENSION = 6
QUERIES = 12
DOCUMENTS = 18

CASES = {
    "defaults": {},
    "one negative": {"num_negatives": 1},
    "more negatives than documents": {"num_negatives": 40},
    "range": {"range_min": 2, "range_max": 6},
    "range without spare candidates": {"range_min": 1, "range_max": 4},
    "range beyond the documents": {"range_min": 25, "range_max": 60},
    "max score": {"max_score": 0.5},
    "min score": {"min_score": 0.6},
    "scores": {"max_score": 0.7, "min_score": 0.1, "num_negatives": 5},
    "absolute margin": {"absolute_margin": 0.2},
    "absolute margin of 0": {"absolute_margin": 0},
    "relative margin": {"relative_margin": 0.05},
    "relative margin, wide": {"relative_margin": 0.6, "num_negatives": 4},
    "both margins and both scores": {
        "absolute_margin": 0.1,
        "relative_margin": 0.2,
        "max_score": 0.6,
        "min_score": -0.2,
        "num_negatives": 4,
        "range_min": 1,
    },
}


class Model:
    """Gives every text the vector that it was made with."""

    device = torch.device("cpu")

    def __init__(self, vectors: dict[str, np.ndarray]):
        self.vectors = vectors
        self.similarity = SimilarityFunction.to_similarity_fn("cosine")
        self.similarity_pairwise = SimilarityFunction.to_similarity_pairwise_fn("cosine")

    def encode_query(self, texts: list[str], **_options: object) -> np.ndarray:
        vectors = np.stack([self.vectors[text] for text in texts])
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    encode_document = encode_query


def main() -> None:
    vectors, pairs, corpus = data()
    write(
        GOLDEN / "hard-negatives.json",
        {
            "vectors": {text: vector.tolist() for text, vector in vectors.items()},
            "pairs": pairs,
            "corpus": corpus,
            "cases": [
                {
                    "name": f"{name}{', with a corpus' if with_corpus else ''}",
                    "options": {camel_case(option): value for option, value in options.items()},
                    "withCorpus": with_corpus,
                    **mine(vectors, pairs, corpus if with_corpus else None, options),
                }
                for name, options in CASES.items()
                for with_corpus in (False, True)
            ],
        },
    )


def data() -> tuple[dict[str, np.ndarray], list[list[str]], list[str]]:
    """Pairs of a query and a document. Some queries have several documents, one pair occurs twice, and two queries share
    a document. One document points away from its query, so that the cosine of the pair is below 0."""
    random = np.random.default_rng(12)
    queries = {f"query {index}": random.normal(size=DIMENSION) for index in range(QUERIES)}
    documents = {
        f"document {index}": query + random.normal(scale=0.8, size=DIMENSION)
        for index, query in enumerate(queries.values())
    }
    documents["document 0b"] = queries["query 0"] + random.normal(scale=0.3, size=DIMENSION)
    documents["document 0c"] = queries["query 0"] + random.normal(scale=1.5, size=DIMENSION)
    documents["document 3"] = random.normal(scale=0.3, size=DIMENSION) - queries["query 3"]
    pairs = [[f"query {index}", f"document {index}"] for index in range(QUERIES)]
    pairs[4:4] = [["query 0", "document 0b"], ["query 1", "document 1"], ["query 0", "document 0c"]]
    pairs.append(["query 2", "document 5"])
    corpus = {f"extra {index}": random.normal(size=DIMENSION) for index in range(DOCUMENTS)}
    corpus["document 7"] = documents["document 7"]
    vectors = {**queries, **documents, **corpus}
    return {text: vector.round(3).astype(np.float32) for text, vector in vectors.items()}, pairs, [*corpus, "extra 0"]


def mine(vectors: dict[str, np.ndarray], pairs: list[list[str]], corpus: list[str] | None, options: dict) -> dict:
    queries, documents = zip(*pairs)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        mined = mine_hard_negatives(
            Dataset.from_dict({"query": queries, "document": documents}),
            Model(vectors),
            corpus=corpus,
            output_format="labeled-list",
            output_scores=True,
            verbose=True,
            **options,
        )
    return {
        "pairs": [
            {"query": row["query"], "document": row["document"][0], "negatives": row["document"][1:], "scores": [round(score, 7) for score in row["scores"]]}
            for row in mined
        ],
        "statistics": statistics(printed.getvalue()),
    }


def statistics(printed: str) -> dict:
    """The figures that are printed: a table with four decimals, and how many candidates were left out."""
    rows = re.findall(r"^(Count|Mean|Std|Min|25%|50%|75%|Max) +(\S+) +(\S+) *(\S*)$", printed, re.MULTILINE)
    skipped = re.findall(r"^Skipped (\S+) potential negatives .* due to the (\w+) of", printed, re.MULTILINE)
    return {
        "table": {name.lower(): [number(value) for value in values if value] for name, *values in rows},
        "skipped": {camel_case(name): number(value) for value, name in skipped},
    }


def number(text: str) -> float | None:
    """None for the nan and inf of no scores, which JSON does not have."""
    value = float(text.replace(",", ""))
    return value if np.isfinite(value) else None


if __name__ == "__main__":
    main()
