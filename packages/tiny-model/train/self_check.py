"""Reference scores, so that a runtime can check whether it computes this model correctly."""

import json
from pathlib import Path

from sentence_transformers import SentenceTransformer
from torch.nn.functional import normalize

from architecture import MATRYOSHKA_DIMENSIONS

QUERY = "Which planet is known as the Red Planet?"
DOCUMENTS = [
    "Venus is often called Earth's twin because of its similar size and proximity.",
    "Mars, known for its reddish appearance, is often referred to as the Red Planet.",
    "Jupiter, the largest planet in our solar system, has a prominent red spot.",
    "Saturn, famous for its rings, is sometimes mistaken for the Red Planet.",
]


def add_self_check(model: SentenceTransformer, folder: Path) -> None:
    """Adds `self_check` to the folder's `config.json`: fp32 cosines of a query and some documents, by dimension."""
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["self_check"] = {"query": QUERY, "documents": DOCUMENTS, "scores": _scores(model)}
    path.write_text(json.dumps(config, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _scores(model: SentenceTransformer) -> dict[str, list[float]]:
    query = model.encode_query([QUERY], convert_to_tensor=True)
    documents = model.encode_document(DOCUMENTS, convert_to_tensor=True)
    scores = {}
    for dimension in MATRYOSHKA_DIMENSIONS:
        cosines = normalize(query[:, :dimension]) @ normalize(documents[:, :dimension]).T
        scores[str(dimension)] = [round(cosine, 4) for cosine in cosines[0].tolist()]
    return scores
