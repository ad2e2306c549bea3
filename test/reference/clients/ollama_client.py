"""`ollama`. The tag of the model chooses the prompt."""

from collections.abc import Iterator

from ollama import Client

from planets import DOCUMENTS, QUERY, Result, Server, scores_of

PACKAGES = ["ollama"]


def run(server: Server) -> Iterator[Result]:
    client = Client(host=server.url, headers=server.headers)
    query = client.embed(model=f"{server.model}:query", input=QUERY)
    documents = client.embed(model=f"{server.model}:document", input=DOCUMENTS)
    yield Result("embed", scores_of(query["embeddings"][0], documents["embeddings"]))
