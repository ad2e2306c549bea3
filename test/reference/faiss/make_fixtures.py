"""Writes folders and files with Python's FAISS, LangChain and LlamaIndex, for the tests of @embeddinggemma/faiss.

    python make_fixtures.py ../../fixtures/faiss
"""

import json
import os
import pickle
import shutil
import sys
from pathlib import Path

import faiss
import numpy as np
from langchain_community.docstore.in_memory import InMemoryDocstore
from langchain_community.vectorstores import FAISS
from langchain_community.vectorstores.utils import DistanceStrategy
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from llama_index.core import StorageContext, VectorStoreIndex
from llama_index.core.embeddings import MockEmbedding
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.vector_stores.faiss import FaissMapVectorStore, FaissVectorStore

DIMENSION = 8
TEXTS = ["Mercury", "Venus", "Earth", "Mars, 火星 🪐", "Jupiter\nand Saturn", "Uranus \"and\" Neptune"]
METADATA = [
    {"number": 1, "title": "Mercury"},
    {"moons": [], "density": 5.24, "rings": False},
    {"moons": ["Moon"], "life": True, "big": 123456789012345, "bigger": -5_000_000_000},
    {"nested": {"deep": {"list": [1, [2.5, None], "x"]}}},
    {},
    {"long": "x" * 300, "none": None, "negative": -7, "byte": 255, "short": 65535, "medium": 70000},
]
IDS = [f"planet-{position}" for position in range(len(TEXTS))]

rng = np.random.default_rng(2024)
vectors = rng.normal(size=(len(TEXTS), DIMENSION)).astype("float32")
units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class GivenEmbeddings(Embeddings):
    """Returns the vectors above for the texts above."""

    def embed_documents(self, texts):
        return [units[TEXTS.index(text)].tolist() for text in texts]

    def embed_query(self, text):
        return units[TEXTS.index(text)].tolist()


def bare_files(folder: Path) -> None:
    for name, index in [("flat-ip", faiss.IndexFlatIP(DIMENSION)), ("flat-l2", faiss.IndexFlatL2(DIMENSION))]:
        index.add(units)
        faiss.write_index(index, str(folder / f"{name}.faiss"))
    for name, kind in [("idmap", faiss.IndexIDMap), ("idmap2", faiss.IndexIDMap2)]:
        index = kind(faiss.IndexFlatIP(DIMENSION))
        index.add_with_ids(units, np.arange(len(TEXTS)) * 10 + 5)
        faiss.write_index(index, str(folder / f"{name}.faiss"))
    lengths = faiss.IndexFlatL2(DIMENSION)
    lengths.add(vectors)
    faiss.write_index(lengths, str(folder / "flat-l2-lengths.faiss"))
    graph = faiss.IndexHNSWFlat(DIMENSION, 4)
    graph.add(units)
    faiss.write_index(graph, str(folder / "hnsw.faiss"))


def langchain(folder: Path) -> None:
    def save(name, **options):
        FAISS.from_texts(TEXTS, GivenEmbeddings(), metadatas=METADATA, ids=IDS, **options).save_local(str(folder / name))

    save("langchain-python")
    save("langchain-python-inner-product", distance_strategy=DistanceStrategy.MAX_INNER_PRODUCT)
    store = FAISS.from_texts(TEXTS, GivenEmbeddings(), metadatas=METADATA, ids=IDS)
    store.delete([IDS[1], IDS[3]])
    store.save_local(str(folder / "langchain-python-deleted"), index_name="planets")
    # LangChain.js's community store has the same parts, as JSON.
    (folder / "langchain-js").mkdir()
    shutil.copy(folder / "flat-l2.faiss", folder / "langchain-js/faiss.index")
    documents = [
        [id, {"pageContent": text, "metadata": metadata}] for id, text, metadata in zip(IDS, TEXTS, METADATA)
    ]
    mapping = {str(position): id for position, id in enumerate(IDS)}
    (folder / "langchain-js/docstore.json").write_text(json.dumps([documents, mapping]))


class Malicious:
    def __reduce__(self):
        return (os.system, ("touch pwned",))


class Sneaky:
    """Hides the call behind a document's metadata."""

    def __reduce__(self):
        return (eval, ("__import__('os').system('touch pwned')",))


def contains_itself() -> list:
    value = []
    value.append(value)
    return value


def unfolds() -> list:
    """A few bytes that become 10 to the power of 12 values if every reference is followed."""
    value = ["x"] * 10
    for _ in range(11):
        value = [value] * 10
    return value


def malicious(folder: Path) -> None:
    def with_metadata(value):
        return InMemoryDocstore({IDS[0]: Document(page_content="x", metadata={"a": value})}), {0: IDS[0]}

    for name, content in [
        ("malicious-reduce", Malicious()),
        ("malicious-metadata", with_metadata(Sneaky())),
        ("cyclic-metadata", with_metadata(contains_itself())),
        ("unfolding-metadata", with_metadata(unfolds())),
        ("nested-class", with_metadata(Document(page_content="inner"))),
        ("unexpected-class", (InMemoryDocstore({IDS[0]: Path("x")}), {0: IDS[0]})),
    ]:
        (folder / name).mkdir()
        shutil.copy(folder / "flat-ip.faiss", folder / name / "index.faiss")
        (folder / name / "index.pkl").write_bytes(pickle.dumps(content))


def llamaindex(folder: Path) -> None:
    for name, store, index in [
        ("llamaindex-python", FaissVectorStore, faiss.IndexFlatL2(DIMENSION)),
        ("llamaindex-python-map", FaissMapVectorStore, faiss.IndexIDMap2(faiss.IndexFlatIP(DIMENSION))),
    ]:
        nodes = [
            TextNode(
                id_=id,
                text=text,
                metadata=metadata,
                embedding=vector.tolist(),
                relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=f"document-of-{id}")},
            )
            for id, text, metadata, vector in zip(IDS, TEXTS, METADATA, units)
        ]
        context = StorageContext.from_defaults(vector_store=store(faiss_index=index))
        VectorStoreIndex(nodes, storage_context=context, embed_model=MockEmbedding(embed_dim=DIMENSION))
        context.persist(str(folder / name))
        for unused in ["graph_store.json", "image__vector_store.json"]:
            (folder / name / unused).unlink(missing_ok=True)


def main() -> None:
    folder = Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    bare_files(folder)
    langchain(folder)
    malicious(folder)
    llamaindex(folder)
    expected = {"ids": IDS, "texts": TEXTS, "metadata": METADATA, "vectors": units.tolist()}
    (folder / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False))


main()
