"""Write figures of Sentence Transformers' evaluators and of trec_eval to `../golden/retrieval-metrics.json`.

    python make_retrieval_metrics.py
"""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytrec_eval
import torch
from sentence_transformers.sentence_transformer.evaluation import (
    EmbeddingSimilarityEvaluator,
    InformationRetrievalEvaluator,
    TripletEvaluator,
)
from sentence_transformers.util import cos_sim, dot_score, euclidean_sim, manhattan_sim

GOLDEN = Path(__file__).parent.parent / "golden"
SIMILARITIES = {"cosine": cos_sim, "dot": dot_score, "euclidean": euclidean_sim, "manhattan": manhattan_sim}


class Vectors:
    """A model that knows the vectors of its texts, in double precision."""

    def __init__(self, similarity: str, vectors: dict[str, list[float]]) -> None:
        self.vectors = vectors
        self.similarity_fn_name = similarity
        self.similarity = SIMILARITIES[similarity]
        self.model_card_data = SimpleNamespace(set_evaluation_metrics=lambda *_: None)

    def encode(self, texts, convert_to_tensor=False, truncate_dim=None, **_options):
        vectors = np.array([self.vectors[text][:truncate_dim] for text in texts], dtype=np.float64)
        return torch.from_numpy(vectors) if convert_to_tensor else vectors

    encode_query = encode_document = encode


def main() -> None:
    random = np.random.default_rng(12)
    golden = {
        "retrieval": list(retrieval_cases(random)),
        "runs": [run_case(random, grades) for grades in (1, 3)],
        "similarity": list(similarity_cases(random)),
        "triplets": list(triplet_cases(random)),
    }
    (GOLDEN / "retrieval-metrics.json").write_text(json.dumps(golden) + "\n", encoding="utf-8")


def retrieval_cases(random: np.random.Generator):
    """All scores of whole numbers, and the cosines of signs in 16 and 4 dimensions, are exact, so ties are ties."""
    whole = lambda *size: random.integers(-1, 2, size=size)
    signs = lambda *size: random.choice([-1, 1], size=size)
    reals = lambda *size: random.normal(size=size).astype(np.float32)
    usual = {}
    cuts = {"accuracy": [1, 2], "precision_recall": [2, 7], "mrr": [1, 4], "ndcg": [3, 5, 20], "map": [2, 50]}
    yield retrieval_case(random, "cosine", signs, 16, None, usual)
    yield retrieval_case(random, "cosine", signs, 16, 4, cuts, name="signs")
    yield retrieval_case(random, "cosine", reals, 6, None, cuts)
    yield retrieval_case(random, "cosine", reals, 6, 2, usual)
    yield retrieval_case(random, "dot", whole, 4, None, cuts)
    yield retrieval_case(random, "dot", whole, 4, 3, usual, name="whole")
    yield retrieval_case(random, "euclidean", whole, 4, None, cuts)
    yield retrieval_case(random, "manhattan", whole, 4, None, cuts)
    yield retrieval_case(random, "cosine", signs, 16, None, usual, documents=1)


def retrieval_case(random, similarity, draw, dimension, truncate_dim, cuts, name="", documents=24) -> dict:
    """Ids are not in their order, and beyond U+FFFF, where JavaScript's order is another. Some queries have no answer."""
    corpus_ids = [(*"\U0001f600\uffee\ue000zZ", "é")[number % 6] + str(number * 7 % 24) for number in range(documents)]
    query_ids = [f"q{number}" for number in range(9)]
    corpus = dict(zip(corpus_ids, draw(documents, dimension).tolist()))
    queries = dict(zip(query_ids, draw(len(query_ids), dimension).tolist()))
    relevant = {
        query: sorted(random.choice(corpus_ids, size=min(number, documents), replace=False).tolist())
        for number, query in enumerate(query_ids)
        if number != 5
    }
    at_k = {f"{metric}_at_k": values for metric, values in cuts.items()}
    evaluator = InformationRetrievalEvaluator(
        {query: query for query in queries},
        {document: document for document in corpus},
        {query: set(documents) for query, documents in relevant.items()},
        name=name,
        truncate_dim=truncate_dim,
        write_csv=False,
        **at_k,
    )
    return {
        "similarity": similarity,
        "dimension": dimension,
        "truncateDim": truncate_dim,
        "name": name,
        "cuts": cuts,
        "queries": queries,
        "corpus": corpus,
        "relevant": relevant,
        "metrics": evaluator(Vectors(similarity, queries | corpus)),
    }


def run_case(random: np.random.Generator, grades: int) -> dict:
    """Scores with ties, also some that are only ties as float32; unjudged documents; queries on one side only."""
    documents = [(*"\U0001f600\uffeezZ", "é")[number % 5] + str(number) for number in range(30)]
    queries = [f"q{number}" for number in range(8)]
    scores = [0.5, 0.5 + 1e-9, 0.25, 1.0, 2.0, 16777216.0, 16777217.0]
    run = {
        query: {document: float(random.choice(scores)) for document in random.choice(documents, 20, replace=False)}
        for query in queries[1:]
    }
    qrels = {
        query: {document: int(random.integers(-1, grades + 1)) for document in random.choice(documents, 15, replace=False)}
        for query in queries[:-1]
    }
    qrels["q2"] = {document: 0 for document in qrels["q2"]}
    cuts = [1, 3, 5, 10, 100]
    measures = {f"{measure}.{','.join(map(str, cuts))}" for measure in ("ndcg_cut", "map_cut", "P", "recall", "success")}
    evaluator = pytrec_eval.RelevanceEvaluator(qrels, measures | {"recip_rank"})
    return {"run": run, "qrels": qrels, "cuts": cuts, "perQuery": evaluator.evaluate(run)}


def similarity_cases(random: np.random.Generator):
    for name, functions, truncate_dim in (("", None, None), ("sts", list(SIMILARITIES), 4)):
        # Cosines of signs in 4 dimensions are exact.
        signs, reals = random.choice([-1, 1], size=(24, 16)), random.normal(size=(24, 6)).astype(np.float32)
        vectors = signs if truncate_dim else reals
        texts = [f"t{number}" for number in range(len(vectors))]
        known = dict(zip(texts, vectors.tolist()))
        pairs = [texts[:12], texts[12:]]
        labels = random.integers(0, 5, size=12).tolist()
        evaluator = EmbeddingSimilarityEvaluator(
            *pairs, labels, name=name, similarity_fn_names=functions, truncate_dim=truncate_dim, write_csv=False
        )
        yield {
            "name": name,
            "similarityFunctions": functions,
            "truncateDim": truncate_dim,
            "vectors": known,
            "pairs": [*zip(*pairs, labels)],
            "metrics": evaluator(Vectors("cosine", known)),
        }


def triplet_cases(random: np.random.Generator):
    """Eight or sixteen triplets: Python computes the share in float32."""
    margins = (None, 0.25, {"dot": 2, "manhattan": 1})
    for number, margin in enumerate(margins):
        count = 16 if number else 8
        vectors = random.choice([-1, 1], size=(3 * count, 16))
        texts = [f"t{number}" for number in range(len(vectors))]
        known = dict(zip(texts, vectors.tolist()))
        triplets = [texts[:count], texts[count : 2 * count], texts[2 * count :]]
        functions = list(SIMILARITIES) if number else None
        name = "signs" if number == 2 else ""
        evaluator = TripletEvaluator(*triplets, margin=margin, name=name, similarity_fn_names=functions, write_csv=False)
        yield {
            "name": name,
            "similarityFunctions": functions,
            "margin": margin,
            "vectors": known,
            "triplets": [*zip(*triplets)],
            "metrics": evaluator(Vectors("cosine", known)),
        }


if __name__ == "__main__":
    main()
