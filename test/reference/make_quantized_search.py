"""Write FAISS's scores of vectors that Sentence Transformers quantizes to `../golden/quantized-search.json`.

    python make_quantized_search.py      # needs faiss-cpu
"""

import json
from pathlib import Path

import faiss
import numpy as np
from sentence_transformers.util import quantize_embeddings
from sentence_transformers.util.quantization import _get_quantization_ranges

GOLDEN = Path(__file__).parent.parent / "golden"


def main() -> None:
    """Twelve dimensions, so that packed bits end inside a byte."""
    random = np.random.default_rng(3)
    queries = random.normal(size=(3, 12)).astype(np.float32)
    documents = random.normal(size=(7, 12)).astype(np.float32)
    documents[0] = queries[0]
    calibration = random.normal(size=(20, 12)).astype(np.float32)
    ranges = _get_quantization_ranges(documents, "uint8", calibration)
    golden = {
        "queries": queries.tolist(),
        "documents": documents.tolist(),
        "calibration": calibration.tolist(),
        "ranges": ranges.tolist(),
        "ubinary": scores(faiss.IndexBinaryFlat(16), "ubinary", queries, documents, ranges),
        "uint8": scores(faiss.IndexFlatIP(12), "uint8", queries, documents, ranges),
    }
    (GOLDEN / "quantized-search.json").write_text(json.dumps(golden) + "\n", encoding="utf-8")


def scores(index, precision: str, queries: np.ndarray, documents: np.ndarray, ranges: np.ndarray) -> list[list[float]]:
    """The score of every document, in their order."""
    index.add(quantize_embeddings(documents, precision, ranges=ranges))
    found, ids = index.search(quantize_embeddings(queries, precision, ranges=ranges), len(documents))
    return np.take_along_axis(found, np.argsort(ids, axis=1), axis=1).astype(float).tolist()


if __name__ == "__main__":
    main()
