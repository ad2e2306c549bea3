"""txtai: the index of the launch post, with vectors from a server."""

from collections.abc import Iterator

import numpy as np
import requests
from txtai import Embeddings

from planets import DOCUMENT_PROMPT, DOCUMENTS, QUERY, QUERY_PROMPT, Result, Server

PACKAGES = ["txtai", "litellm"]

# txtai has one model for queries and documents, so it puts the prompts before the texts itself.
INSTRUCTIONS = {"query": QUERY_PROMPT, "data": DOCUMENT_PROMPT}


def run(server: Server) -> Iterator[Result]:
    litellm = Embeddings(
        path=f"openai/{server.model}",
        method="litellm",
        vectors={"api_base": server.openai, "api_key": server.key},
        instructions=INSTRUCTIONS,
    )
    yield Result("litellm", search(litellm))

    def embed(texts: list[str]) -> np.ndarray:
        answer = requests.post(f"{server.url}/embed", json={"inputs": texts}, headers=server.headers, timeout=60)
        answer.raise_for_status()
        return np.array(answer.json(), dtype=np.float32)

    yield Result("external", search(Embeddings(method="external", transform=embed, instructions=INSTRUCTIONS)))


def search(embeddings: Embeddings) -> list[float]:
    embeddings.index(DOCUMENTS)
    scores = dict(embeddings.search(QUERY, len(DOCUMENTS)))
    return [scores[number] for number in range(len(DOCUMENTS))]
