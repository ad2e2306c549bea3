"""`requests`, without a client library: the routes of Text Embeddings Inference and of txtai."""

from collections.abc import Iterator

import requests

from planets import DOCUMENTS, QUERY, Result, Server, scores_of

PACKAGES = ["requests"]


def run(server: Server) -> Iterator[Result]:
    def call(method: str, path: str, **arguments):
        answer = requests.request(method, f"{server.url}{path}", headers=server.headers, timeout=60, **arguments)
        answer.raise_for_status()
        return answer.json()

    query = call("POST", "/embed", json={"inputs": QUERY, "prompt_name": "query"})
    documents = call("POST", "/embed", json={"inputs": DOCUMENTS, "prompt_name": "document"})
    yield Result("/embed", scores_of(query[0], documents))

    # txtai's routes use the prompts for queries and documents by themselves, and sort by score.
    found = call("POST", "/similarity", json={"query": QUERY, "texts": DOCUMENTS})
    yield Result("/similarity of txtai", by_id(found))

    call("POST", "/add", json=[{"id": number, "text": text} for number, text in enumerate(DOCUMENTS)])
    call("GET", "/index")
    found = call("GET", "/search", params={"query": QUERY, "limit": len(DOCUMENTS)})
    yield Result("/search of txtai", by_id(found))


def by_id(found: list[dict]) -> list[float]:
    scores = {int(hit["id"]): hit["score"] for hit in found}
    return [scores[number] for number in range(len(DOCUMENTS))]
