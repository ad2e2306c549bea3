"""Write the results of Sentence Transformers' similarity functions and quantize_embeddings to
`../golden/similarity.json` and `../golden/quantization.json`.

    python make_similarity.py
"""

import numpy as np
from sentence_transformers import SimilarityFunction
from sentence_transformers.util import quantize_embeddings

from make_golden import GOLDEN, write

FUNCTIONS = ("cosine", "dot", "euclidean", "manhattan")
PRECISIONS = ("int8", "uint8", "binary", "ubinary")


def main() -> None:
    write(GOLDEN / "similarity.json", similarity())
    write(GOLDEN / "quantization.json", quantization())


def similarity() -> dict:
    """Similarity matrices of vectors with different lengths, including a zero vector, equal and opposite vectors."""
    random = np.random.default_rng(1)
    first = random.normal(size=(5, 8)).astype(np.float32)
    second = random.normal(size=(4, 8)).astype(np.float32)
    first[0] = 0
    first[1] *= 100
    second[0] = first[1]
    second[1] = -first[2]
    return {
        "first": first.tolist(),
        "second": second.tolist(),
        **{name: SimilarityFunction.to_similarity_fn(name)(first, second).tolist() for name in FUNCTIONS},
    }


def quantization() -> dict:
    """Embeddings with nine dimensions, so that packed bits end inside a byte. One dimension is constant, one has zeros
    of both signs."""
    random = np.random.default_rng(2)
    embeddings = random.normal(size=(6, 9)).astype(np.float32)
    embeddings[:, 3] = 0.25
    embeddings[:3, 4], embeddings[3:, 4] = 0.0, -0.0
    calibration = random.normal(scale=0.5, size=(20, 9)).astype(np.float32)
    calibration[:, 5] = -1
    ranges = np.stack([np.full(9, -1), np.linspace(-1, 1, 9)]).astype(np.float32)
    # Values on the borders of buckets, at both ends and outside.
    on_borders = (ranges[0] + (ranges[1] - ranges[0]) * np.array([[-0.01], [0], [0.5], [1], [1.01]])).astype(np.float32)
    calls = {
        "from the batch": {"embeddings": embeddings},
        "from calibration embeddings": {"embeddings": embeddings, "calibration_embeddings": calibration},
        "from given ranges": {"embeddings": embeddings, "ranges": ranges},
        "one embedding, given ranges": {"embeddings": embeddings[:1], "ranges": ranges},
        "on the borders of given ranges": {"embeddings": on_borders, "ranges": ranges},
    }
    return {
        "cases": [
            {
                "name": name,
                **{camel_case(key): value.tolist() for key, value in arguments.items()},
                "quantized": {
                    precision: quantize_embeddings(precision=precision, **arguments).tolist()
                    for precision in PRECISIONS
                },
            }
            for name, arguments in calls.items()
        ]
    }


def camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


if __name__ == "__main__":
    main()
