"""Writes a FAISS file of every kind of index that matters, for the tests of @embeddinggemma/faiss.

    python make_kinds.py ../../fixtures/faiss-kinds

`expected.json` has the vectors, and for each file the labels of its rows, or null for a kind that cannot be imported.
"""

import json
import shutil
import sys
from pathlib import Path

import faiss
import numpy as np

DIMENSION = 8
COUNT = 60
GRAPH_COUNT = 300  # FAISS builds no NSG graph of fewer
METRICS = {"ip": faiss.METRIC_INNER_PRODUCT, "l2": faiss.METRIC_L2}
KINDS = {
    "hnsw": "HNSW4,Flat",
    "nsg": "NSG8,Flat",
    "ivf": "IVF4,Flat",
    "ivf-sparse-lists": "IVF30,Flat",
    "ivf-hnsw": "IVF4_HNSW4,Flat",
    "refine-pq": "PQ2x4,RFlat",
    "refine-sq": "SQ8,RFlat",
    "idmap-hnsw": "IDMap,HNSW4",
    "idmap2-ivf": "IDMap2,IVF4,Flat",
    "idmap2-refine": "IDMap2,SQ8,RFlat",
}
COMPRESSING = {
    "pq": "PQ2x4",
    "sq": "SQ8",
    "ivf-pq": "IVF4,PQ2x4",
    "ivf-sq": "IVF4,SQfp16",
    "hnsw-sq": "HNSW4_SQ8",
    "pca": "PCA4,Flat",
    "opq": "OPQ2,PQ2x4",
    "dedup": "IVF4,FlatDedup",
}

rng = np.random.default_rng(2026)
vectors = rng.normal(size=(GRAPH_COUNT, DIMENSION)).astype("float32")
vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
own_labels = np.arange(GRAPH_COUNT) * 10 + 5


def main() -> None:
    folder = Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    labels_of: dict[str, list[int] | None] = {}

    def write(name: str, index: faiss.Index, labels: np.ndarray | None) -> None:
        faiss.write_index(index, str(folder / f"{name}.faiss"))
        labels_of[name] = None if labels is None else labels.tolist()

    def made(factory: str, metric: int, count: int = COUNT) -> tuple[faiss.Index, np.ndarray]:
        index = faiss.index_factory(DIMENSION, factory, metric)
        index.train(vectors)
        has_labels = factory.startswith("IDMap")
        labels = own_labels[:count] if has_labels else np.arange(count)
        if has_labels:
            index.add_with_ids(vectors[:count], labels)
        else:
            index.add(vectors[:count])
        return index, labels

    for name, metric in METRICS.items():
        for kind, factory in KINDS.items():
            count = {"nsg": GRAPH_COUNT, "ivf-sparse-lists": 10}.get(kind, COUNT)
            write(f"{name}-{kind}", *made(factory, metric, count))
    normalized, labels = made("L2norm,Flat", faiss.METRIC_INNER_PRODUCT)
    write("normalized", normalized, labels)

    for name, kind in [("array", faiss.DirectMap.Array), ("hashtable", faiss.DirectMap.Hashtable)]:
        index, _ = made("IVF4,Flat", faiss.METRIC_L2, 0)
        index.set_direct_map_type(kind)
        labels = np.arange(COUNT) if name == "array" else (np.arange(COUNT) * 7919) % 10007 - 50
        given = vectors[:COUNT]
        index.add(given) if name == "array" else index.add_with_ids(given, labels)
        write(f"ivf-direct-map-{name}", index, labels)
    index, _ = made("IVF4,Flat", faiss.METRIC_L2)
    index.remove_ids(np.arange(0, COUNT, 2))
    write("ivf-removed", index, np.arange(1, COUNT, 2))
    for name, factory in [("hnsw-empty", "HNSW4,Flat"), ("ivf-empty", "IVF4,Flat")]:
        write(name, *made(factory, faiss.METRIC_L2, 0))

    for name, factory in COMPRESSING.items():
        write(f"not-{name}", made(factory, faiss.METRIC_L2)[0], None)
    write("not-l1", made("HNSW4,Flat", faiss.METRIC_L1)[0], None)
    binary = faiss.IndexBinaryFlat(64)
    binary.add(rng.integers(0, 256, (4, 8)).astype("uint8"))
    faiss.write_index_binary(binary, str(folder / "not-binary.faiss"))
    labels_of["not-binary"] = None

    expected = {"vectors": vectors.tolist(), "labels": labels_of}
    (folder / "expected.json").write_text(json.dumps(expected))


main()
