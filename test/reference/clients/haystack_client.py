"""Haystack: the pipeline of the launch post, with the embedders that use a server."""

from collections.abc import Iterator

from haystack import Document, Pipeline
from haystack.components.embedders import OpenAIDocumentEmbedder, OpenAITextEmbedder
from haystack.components.retrievers import InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.utils import Secret
from haystack_integrations.components.embedders.huggingface_api import (
    HuggingFaceAPIDocumentEmbedder,
    HuggingFaceAPITextEmbedder,
)

from planets import DOCUMENT_PROMPT, DOCUMENTS, QUERY, QUERY_PROMPT, Result, Server

PACKAGES = ["haystack-ai", "huggingface-api-haystack"]


def run(server: Server) -> Iterator[Result]:
    # The embedders have no prompt name, so the prompt is the prefix. The store compares by dot
    # product, which needs `normalize`.
    tei = {
        "api_type": "text_embeddings_inference",
        "api_params": {"url": server.url},
        "token": Secret.from_token(server.key),
        "normalize": True,
    }
    yield Result(
        "HuggingFaceAPI*Embedder",
        search(
            HuggingFaceAPIDocumentEmbedder(**tei, prefix=DOCUMENT_PROMPT),
            HuggingFaceAPITextEmbedder(**tei, prefix=QUERY_PROMPT),
        ),
    )

    openai = {"api_base_url": server.openai, "api_key": Secret.from_token(server.key)}
    yield Result(
        "OpenAI*Embedder",
        search(
            OpenAIDocumentEmbedder(**openai, model=f"{server.model}:document", progress_bar=False),
            OpenAITextEmbedder(**openai, model=f"{server.model}:query"),
        ),
    )


def search(document_embedder, query_embedder) -> list[float]:
    documents = [Document(content=text, id=str(number)) for number, text in enumerate(DOCUMENTS)]
    store = InMemoryDocumentStore()
    store.write_documents(document_embedder.run(documents=documents)["documents"])

    pipeline = Pipeline()
    pipeline.add_component("text_embedder", query_embedder)
    retriever = InMemoryEmbeddingRetriever(document_store=store, top_k=len(DOCUMENTS))
    pipeline.add_component("retriever", retriever)
    pipeline.connect("text_embedder.embedding", "retriever.query_embedding")
    found = pipeline.run({"text_embedder": {"text": QUERY}})["retriever"]["documents"]
    scores = {document.id: document.score for document in found}
    return [scores[str(number)] for number in range(len(DOCUMENTS))]
