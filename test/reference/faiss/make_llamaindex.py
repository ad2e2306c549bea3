"""Writes folders of LlamaIndex (Python) as they are after years of use, for the tests of @embeddinggemma/faiss.

    python make_llamaindex.py ../../fixtures/llamaindex-folders

`expected.json` has the text and the vector of each node. Node ids are the texts.
"""

import json
import shutil
import sys
from pathlib import Path

import faiss
import numpy as np
from llama_index.core import Settings, SimpleKeywordTableIndex, StorageContext, SummaryIndex, VectorStoreIndex
from llama_index.core.embeddings import MockEmbedding
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.vector_stores.faiss import FaissMapVectorStore, FaissVectorStore

DIMENSION = 4
TEXTS = ["Mercury", "Venus", "Earth", "Mars", "Jupiter", "Saturn"]
UNUSED = ["graph_store.json", "image__vector_store.json"]

rng = np.random.default_rng(18)
units = rng.normal(size=(len(TEXTS), DIMENSION)).astype("float32")
units /= np.linalg.norm(units, axis=1, keepdims=True)
root = Path(sys.argv[1])
Settings.llm = None


def node(text: str, **metadata) -> TextNode:
    source = RelatedNodeInfo(node_id=f"document of {text}")
    return TextNode(
        id_=text,
        text=text,
        metadata=metadata,
        embedding=units[TEXTS.index(text)].tolist(),
        relationships={NodeRelationship.SOURCE: source},
    )


def context_of(kind: str) -> StorageContext:
    if kind == "simple":
        return StorageContext.from_defaults()
    flat = faiss.IndexFlatIP(DIMENSION)
    store = FaissMapVectorStore(faiss.IndexIDMap2(flat)) if kind == "map" else FaissVectorStore(flat)
    return StorageContext.from_defaults(vector_store=store)


def index_of(context: StorageContext, nodes: list[TextNode]) -> VectorStoreIndex:
    return VectorStoreIndex(nodes, storage_context=context, embed_model=MockEmbedding(embed_dim=DIMENSION))


def persist(context: StorageContext, name: str, keep: tuple[str, ...] = ()) -> Path:
    folder = root / name
    context.persist(str(folder))
    for unused in UNUSED:
        if unused not in keep:
            (folder / unused).unlink(missing_ok=True)
    return folder


def main() -> None:
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    every = [node(text) for text in TEXTS]

    # The vectors of a deleted document stay behind.
    context = context_of("map")
    index_of(context, every).delete_ref_doc("document of Venus", delete_from_docstore=True)
    persist(context, "deleted")

    # After a deletion, a label is given again: Saturn gets that of Jupiter, which is still there.
    context = context_of("map")
    index = index_of(context, every[:5])
    index.delete_nodes(["Venus"], delete_from_docstore=True)
    index.insert_nodes([node("Saturn")])
    folder = persist(context, "label-given-again")
    # Old releases wrote the map as a dictionary of Python.
    written = json.loads((folder / "id_map.json").read_text())
    written["faiss_id_to_node_id_map"] = {int(key): id for key, id in written["faiss_id_to_node_id_map"].items()}
    shutil.copytree(folder, root / "map-of-old-release")
    (root / "map-of-old-release/id_map.json").write_text(str(written))

    for kind in ["plain", "map", "simple"]:
        context = context_of(kind)
        index_of(context, every[:4])
        SummaryIndex(every, storage_context=context)
        SimpleKeywordTableIndex([], storage_context=context)
        persist(context, f"beside-others-{kind}", ("image__vector_store.json",))

        context = context_of(kind)
        index_of(context, every[:2]).set_index_id("inner")
        index_of(context, every[2:]).set_index_id("outer")
        persist(context, f"two-indexes-{kind}")

    for kind in ["plain", "simple"]:
        context = context_of(kind)
        index_of(context, [node("Mars", moons=float("nan"), note="NaN, \"-Infinity\" \\", far=float("-inf")), node("Earth")])
        persist(context, f"nan-{kind}")

    context = context_of("simple")
    index_of(context, every).delete_ref_doc("document of Venus", delete_from_docstore=True)
    folder = persist(context, "simple")
    shutil.copytree(folder, root / "simple-image")
    (root / "simple-image/default__vector_store.json").rename(root / "simple-image/image__vector_store.json")
    shutil.copytree(folder, root / "simple-old-name")
    (root / "simple-old-name/default__vector_store.json").rename(root / "simple-old-name/vector_store.json")
    shutil.copytree(folder, root / "two-stores")
    shutil.copy(root / "two-stores/default__vector_store.json", root / "two-stores/image__vector_store.json")

    expected = {"vectors": dict(zip(TEXTS, units.tolist()))}
    (root / "expected.json").write_text(json.dumps(expected))


main()
