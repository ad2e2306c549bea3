"""`openai`. The name of the model chooses the prompt."""

from collections.abc import Iterator

from openai import APIStatusError, OpenAI

from planets import DOCUMENTS, QUERY, Result, Server, scores_of

PACKAGES = ["openai"]


def run(server: Server) -> Iterator[Result]:
    client = OpenAI(base_url=server.openai, api_key=server.key)

    # The client asks for base64 unless told otherwise.
    query = client.embeddings.create(model=f"{server.model}:query", input=QUERY)
    documents = client.embeddings.create(model=f"{server.model}:document", input=DOCUMENTS)
    yield Result("base64", scores_of(query.data[0].embedding, [item.embedding for item in documents.data]))

    query = client.embeddings.create(model=f"{server.model}:query", input=QUERY, encoding_format="float")
    documents = client.embeddings.create(model=f"{server.model}:document", input=DOCUMENTS, encoding_format="float")
    yield Result("float", scores_of(query.data[0].embedding, [item.embedding for item in documents.data]))


def refusals(server: Server) -> Iterator[tuple[str, str]]:
    """What a user sees if the server refuses a request."""
    client = OpenAI(base_url=server.openai, api_key=server.key)
    for what, arguments in {
        "token ids": {"model": server.model, "input": [[3923, 11841]]},
        "no input": {"model": server.model, "input": []},
        "an unknown prompt": {"model": f"{server.model}:quary", "input": "x"},
        "too many dimensions": {"model": server.model, "input": "x", "dimensions": 100_000},
    }.items():
        try:
            client.embeddings.create(**arguments)
            yield what, "accepted"
        except APIStatusError as error:
            yield what, f"{type(error).__name__}: {error}"
