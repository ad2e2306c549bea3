"""`requests`, without any client library."""

from collections.abc import Iterator

import requests

from planets import DOCUMENTS, QUERY, Result, Server, scores_of

PACKAGES = ["requests"]


def run(server: Server) -> Iterator[Result]:
    def post(path: str, body: dict):
        answer = requests.post(f"{server.url}{path}", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json()

    query = post("/embed", {"inputs": QUERY, "prompt_name": "query"})
    documents = post("/embed", {"inputs": DOCUMENTS, "prompt_name": "document"})
    yield Result("/embed", scores_of(query[0], documents))

    # txtai's API uses the prompts for queries and documents by itself, and sorts.
    found = post("/similarity", {"query": QUERY, "texts": DOCUMENTS})
    scores = {hit["id"]: hit["score"] for hit in found}
    yield Result("/similarity of txtai", [scores[number] for number in range(len(DOCUMENTS))])
