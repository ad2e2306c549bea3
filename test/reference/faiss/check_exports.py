"""Opens exports of @embeddinggemma/faiss with Python's FAISS and LangChain, and compares them with the original data.

    python check_exports.py <folder>

The folder contains `flat.faiss`, the LangChain folder `langchain`, a saved `store`, and `expected.json` with ids,
texts, metadata, vectors, a query, and the ids and scores that the store found for it.
"""

import json
import sys
from pathlib import Path

import faiss
import numpy as np
from langchain_community.vectorstores import FAISS
from langchain_community.vectorstores.utils import DistanceStrategy
from langchain_core.embeddings import FakeEmbeddings

folder = Path(sys.argv[1])
expected = json.loads((folder / "expected.json").read_text())
vectors = np.array(expected["vectors"], dtype="float32")
query = np.array(expected["query"], dtype="float32")

flat_files = [folder / "flat.faiss", folder / "langchain/index.faiss", *(folder / "store").glob("vectors-*.faiss")]
assert len(flat_files) == 3, flat_files
for path in flat_files:
    index = faiss.read_index(str(path))
    assert index.metric_type == faiss.METRIC_INNER_PRODUCT
    assert np.array_equal(index.reconstruct_n(0, index.ntotal), vectors), path
    scores, rows = index.search(query[None], len(expected["hits"]))
    assert [expected["ids"][row] for row in rows[0]] == [hit["id"] for hit in expected["hits"]]
    assert np.allclose(scores[0], [hit["score"] for hit in expected["hits"]], atol=1e-6)

store = FAISS.load_local(
    str(folder / "langchain"),
    FakeEmbeddings(size=vectors.shape[1]),
    allow_dangerous_deserialization=True,
    distance_strategy=DistanceStrategy.MAX_INNER_PRODUCT,
)
assert [store.index_to_docstore_id[row] for row in range(len(vectors))] == expected["ids"]
for id, text, metadata in zip(expected["ids"], expected["texts"], expected["metadata"]):
    [document] = store.get_by_ids([id])
    assert (document.id, document.page_content, document.metadata) == (id, text, metadata), document
found = store.similarity_search_with_score_by_vector(query.tolist(), k=len(expected["hits"]))
assert [document.id for document, _score in found] == [hit["id"] for hit in expected["hits"]]
print(f"{len(vectors)} vectors match")
